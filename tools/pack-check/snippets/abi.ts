import { FuseInHeader, Opcode, opcodeInfo } from '@fb/abi'

const view = new DataView(new ArrayBuffer(FuseInHeader.size))
const header: FuseInHeader = { ...FuseInHeader.create(), len: 40, opcode: Opcode.LOOKUP, nodeid: 1 }
FuseInHeader.encode(view, 0, header)
const decoded = FuseInHeader.decode(view, 0, FuseInHeader.create())
if (decoded.len !== 40 || opcodeInfo(decoded.opcode)?.name !== 'LOOKUP') throw new Error('not as encoded')
console.log('@fb/abi works')
