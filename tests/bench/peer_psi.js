// Two-party intersections with @openmined/psi.js, as CPU seconds of one pair: both sides' work, in one process.
//
// usage: node peer_psi.js MODULE_FOLDER ELEMENTS
//
// Prints one JSON object. Half of the elements are common; the intersection must be exactly these.
'use strict'
const path = require('path')

async function main(folder, count) {
  const PSI = require(path.join(folder, 'node_modules', '@openmined', 'psi.js'))
  const psi = await PSI()
  const ofServer = Array.from({ length: count }, (_, i) => `address ${i}`)
  const ofClient = Array.from({ length: count }, (_, i) => `address ${i + (count >> 1)}`)
  const before = process.cpuUsage()
  const start = process.hrtime.bigint()
  const server = psi.server.createWithNewKey(true)
  const client = psi.client.createWithNewKey(true)
  const setup = server.createSetupMessage(1e-9, count, ofServer, psi.dataStructure.Raw)
  const request = client.createRequest(ofClient)
  const response = server.processRequest(request)
  const found = client.getIntersection(setup, response)
  const wall = Number(process.hrtime.bigint() - start) / 1e9
  const cpu = process.cpuUsage(before)
  if (found.length !== count - (count >> 1) || found.some((i) => i >= count - (count >> 1))) {
    throw new Error(`${found.length} found instead of ${count - (count >> 1)}`)
  }
  const bytes = [setup, request, response].reduce((sum, m) => sum + m.serializeBinary().length, 0)
  const version = require(path.join(folder, 'node_modules', '@openmined', 'psi.js', 'package.json')).version
  console.log(
    JSON.stringify({ version, elements: count, cpu_s: (cpu.user + cpu.system) / 1e6, wall_s: wall, bytes })
  )
}

main(path.resolve(process.argv[2]), Number(process.argv[3])).catch((error) => {
  console.error(`peer_psi: ${error.message}`)
  process.exit(1)
})
