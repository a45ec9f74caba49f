// Reads calls from standard input as a JSON list, and writes for each whether iam-simulate allows it.
const { createRequire } = require('node:module')
const { join } = require('node:path')

const root = process.argv[2]
const { runUnsafeSimulation } = createRequire(join(root, 'package.json'))('@cloud-copilot/iam-simulate')
const ACCOUNT = '123456789012'

const named = (documents) => documents.map((policy, number) => ({ name: `policy-${number}`, policy }))

function allowed(call) {
  const { documents, boundary, action, resource, keys, principal } = call
  const simulation = {
    request: { principal, action, resource: { resource, accountId: ACCOUNT }, contextVariables: keys },
    identityPolicies: named(documents),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }
  if (boundary) simulation.permissionBoundaryPolicies = named(boundary)
  return runUnsafeSimulation(simulation, {}) === 'Allowed'
}

let text = ''
process.stdin.on('data', (chunk) => (text += chunk))
process.stdin.on('end', () => process.stdout.write(JSON.stringify(JSON.parse(text).map(allowed))))
