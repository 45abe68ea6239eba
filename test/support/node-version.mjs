// Plain JavaScript that old versions run too: everything else here needs a Node that strips types by itself.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`Node.js 22.18 or newer is needed here, this is ${process.version}.`)
  console.error(
    'A plain `npm install` brings one for npm scripts on Linux and Windows; elsewhere, install it yourself.'
  )
  process.exit(1)
}
