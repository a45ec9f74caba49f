# A Kubernetes cluster, whose roles awsbase looks after:
#
#     iam:
#       roles:
#         cluster: {trust: {services: [eks.amazonaws.com]}, policies: ["aws:AmazonEKSClusterPolicy"]}
#         node:
#           trust: {services: [ec2.amazonaws.com]}
#           policies: ["aws:AmazonEKSWorkerNodePolicy", "aws:AmazonEKS_CNI_Policy", "aws:AmazonEC2ContainerRegistryPullOnly"]

resource "aws_eks_cluster" "app" {
  name     = "app"
  role_arn = var.role_arns["cluster"]

  access_config {
    authentication_mode = "API"
  }

  vpc_config {
    subnet_ids             = var.public_subnet_ids
    endpoint_public_access = false
  }
}

resource "aws_eks_node_group" "app" {
  cluster_name   = aws_eks_cluster.app.name
  node_role_arn  = var.role_arns["node"]
  subnet_ids     = var.public_subnet_ids
  instance_types = ["t4g.medium"]
  ami_type       = "AL2023_ARM_64_STANDARD"

  scaling_config {
    min_size     = 1
    desired_size = 2
    max_size     = 4
  }
}
