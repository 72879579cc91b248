/**
 * Something broke the rules between a server and its transport: two replies to one request, none at all, a
 * reply whose length lies, more data than the client can take. A file system cannot cause it; a server,
 * transport or wrapper with a mistake can.
 */
export class ContractViolation extends Error {
  override readonly name = 'ContractViolation'
}
