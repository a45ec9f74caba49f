
say 'this host is as the manifest says, but for what failed above'
