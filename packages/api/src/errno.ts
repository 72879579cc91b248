const MAX_ERRNO = 4095
const byNumber: (Errno | undefined)[] = []
const byName = new Map<string, Errno>()

/**
 * An error number of Linux as a value: what a file system throws, rejects with or returns to refuse a request.
 *
 * There is one object per number, made once and without a stack, so that an answer such as ENOENT costs
 * nothing: `throw Errno.ENOENT` and `return Errno.ENOENT` are equivalent, the second is the faster.
 * Numbers are those of `asm-generic/errno.h` (x86-64, arm64, riscv64).
 */
export class Errno {
  /** Positive error number, 1...4095. */
  readonly errno: number
  /** Symbolic name, such as `ENOENT`; `E<number>` where the kernel has none. */
  readonly code: string

  /** Use {@link Errno.of} or a constant such as `Errno.ENOENT`: identity is kept per number. */
  private constructor(errno: number, code: string) {
    this.errno = errno
    this.code = code
  }

  /** `ENOENT (2)`. */
  toString(): string {
    return `${this.code} (${this.errno})`
  }

  /**
   * The object for an error number, given as `2` or, as system calls return it, `-2`.
   * A number outside 1...4095 gives EIO: the kernel refuses any other in a reply.
   */
  static of(errno: number): Errno {
    return byNumber[errno < 0 ? -errno : errno] ?? Errno.EIO
  }

  /** The object for a symbolic name such as `ENOENT`; `undefined` where Linux knows no such name. */
  static named(code: string): Errno | undefined {
    return byName.get(code)
  }

  /**
   * The errno of anything thrown: an `Errno` itself, an error with Node's `code` ('ENOENT') or `errno`
   * (-2 or 2); `undefined` for what is neither, which a server answers with EIO and logs.
   */
  static from(error: unknown): Errno | undefined {
    if (error instanceof Errno) return error
    if (typeof error !== 'object' || error === null) return undefined
    const { code, errno } = error as { code?: unknown; errno?: unknown }
    if (typeof code === 'string') {
      const named = byName.get(code)
      if (named !== undefined) return named
    }
    if (typeof errno === 'number' && Number.isInteger(errno)) {
      return byNumber[Math.abs(errno)]
    }
    return undefined
  }

  /** @internal Makes and registers the one object for a number. */
  static intern(errno: number, code: string): Errno {
    const value = new Errno(errno, code)
    byNumber[errno] = value
    byName.set(code, value)
    return value
  }

  /** Operation not permitted. */
  static readonly EPERM: Errno = Errno.intern(1, 'EPERM')
  /** No such file or directory. */
  static readonly ENOENT: Errno = Errno.intern(2, 'ENOENT')
  /** No such process. */
  static readonly ESRCH: Errno = Errno.intern(3, 'ESRCH')
  /** Interrupted system call. */
  static readonly EINTR: Errno = Errno.intern(4, 'EINTR')
  /** Input/output error. */
  static readonly EIO: Errno = Errno.intern(5, 'EIO')
  /** No such device or address. */
  static readonly ENXIO: Errno = Errno.intern(6, 'ENXIO')
  /** Argument list too long. */
  static readonly E2BIG: Errno = Errno.intern(7, 'E2BIG')
  /** Exec format error. */
  static readonly ENOEXEC: Errno = Errno.intern(8, 'ENOEXEC')
  /** Bad file descriptor. */
  static readonly EBADF: Errno = Errno.intern(9, 'EBADF')
  /** No child processes. */
  static readonly ECHILD: Errno = Errno.intern(10, 'ECHILD')
  /** Resource temporarily unavailable. */
  static readonly EAGAIN: Errno = Errno.intern(11, 'EAGAIN')
  /** Cannot allocate memory. */
  static readonly ENOMEM: Errno = Errno.intern(12, 'ENOMEM')
  /** Permission denied. */
  static readonly EACCES: Errno = Errno.intern(13, 'EACCES')
  /** Bad address. */
  static readonly EFAULT: Errno = Errno.intern(14, 'EFAULT')
  /** Block device required. */
  static readonly ENOTBLK: Errno = Errno.intern(15, 'ENOTBLK')
  /** Device or resource busy. */
  static readonly EBUSY: Errno = Errno.intern(16, 'EBUSY')
  /** File exists. */
  static readonly EEXIST: Errno = Errno.intern(17, 'EEXIST')
  /** Invalid cross-device link. */
  static readonly EXDEV: Errno = Errno.intern(18, 'EXDEV')
  /** No such device. */
  static readonly ENODEV: Errno = Errno.intern(19, 'ENODEV')
  /** Not a directory. */
  static readonly ENOTDIR: Errno = Errno.intern(20, 'ENOTDIR')
  /** Is a directory. */
  static readonly EISDIR: Errno = Errno.intern(21, 'EISDIR')
  /** Invalid argument. */
  static readonly EINVAL: Errno = Errno.intern(22, 'EINVAL')
  /** Too many open files in system. */
  static readonly ENFILE: Errno = Errno.intern(23, 'ENFILE')
  /** Too many open files. */
  static readonly EMFILE: Errno = Errno.intern(24, 'EMFILE')
  /** Inappropriate ioctl for device. */
  static readonly ENOTTY: Errno = Errno.intern(25, 'ENOTTY')
  /** Text file busy. */
  static readonly ETXTBSY: Errno = Errno.intern(26, 'ETXTBSY')
  /** File too large. */
  static readonly EFBIG: Errno = Errno.intern(27, 'EFBIG')
  /** No space left on device. */
  static readonly ENOSPC: Errno = Errno.intern(28, 'ENOSPC')
  /** Illegal seek. */
  static readonly ESPIPE: Errno = Errno.intern(29, 'ESPIPE')
  /** Read-only file system. */
  static readonly EROFS: Errno = Errno.intern(30, 'EROFS')
  /** Too many links. */
  static readonly EMLINK: Errno = Errno.intern(31, 'EMLINK')
  /** Broken pipe. */
  static readonly EPIPE: Errno = Errno.intern(32, 'EPIPE')
  /** Numerical argument out of domain. */
  static readonly EDOM: Errno = Errno.intern(33, 'EDOM')
  /** Numerical result out of range. */
  static readonly ERANGE: Errno = Errno.intern(34, 'ERANGE')
  /** Resource deadlock avoided. */
  static readonly EDEADLK: Errno = Errno.intern(35, 'EDEADLK')
  /** File name too long. */
  static readonly ENAMETOOLONG: Errno = Errno.intern(36, 'ENAMETOOLONG')
  /** No locks available. */
  static readonly ENOLCK: Errno = Errno.intern(37, 'ENOLCK')
  /** Function not implemented. */
  static readonly ENOSYS: Errno = Errno.intern(38, 'ENOSYS')
  /** Directory not empty. */
  static readonly ENOTEMPTY: Errno = Errno.intern(39, 'ENOTEMPTY')
  /** Too many levels of symbolic links. */
  static readonly ELOOP: Errno = Errno.intern(40, 'ELOOP')
  /** No message of desired type. */
  static readonly ENOMSG: Errno = Errno.intern(42, 'ENOMSG')
  /** Identifier removed. */
  static readonly EIDRM: Errno = Errno.intern(43, 'EIDRM')
  /** Channel number out of range. */
  static readonly ECHRNG: Errno = Errno.intern(44, 'ECHRNG')
  /** Level 2 not synchronized. */
  static readonly EL2NSYNC: Errno = Errno.intern(45, 'EL2NSYNC')
  /** Level 3 halted. */
  static readonly EL3HLT: Errno = Errno.intern(46, 'EL3HLT')
  /** Level 3 reset. */
  static readonly EL3RST: Errno = Errno.intern(47, 'EL3RST')
  /** Link number out of range. */
  static readonly ELNRNG: Errno = Errno.intern(48, 'ELNRNG')
  /** Protocol driver not attached. */
  static readonly EUNATCH: Errno = Errno.intern(49, 'EUNATCH')
  /** No CSI structure available. */
  static readonly ENOCSI: Errno = Errno.intern(50, 'ENOCSI')
  /** Level 2 halted. */
  static readonly EL2HLT: Errno = Errno.intern(51, 'EL2HLT')
  /** Invalid exchange. */
  static readonly EBADE: Errno = Errno.intern(52, 'EBADE')
  /** Invalid request descriptor. */
  static readonly EBADR: Errno = Errno.intern(53, 'EBADR')
  /** Exchange full. */
  static readonly EXFULL: Errno = Errno.intern(54, 'EXFULL')
  /** No anode. */
  static readonly ENOANO: Errno = Errno.intern(55, 'ENOANO')
  /** Invalid request code. */
  static readonly EBADRQC: Errno = Errno.intern(56, 'EBADRQC')
  /** Invalid slot. */
  static readonly EBADSLT: Errno = Errno.intern(57, 'EBADSLT')
  /** Bad font file format. */
  static readonly EBFONT: Errno = Errno.intern(59, 'EBFONT')
  /** Device not a stream. */
  static readonly ENOSTR: Errno = Errno.intern(60, 'ENOSTR')
  /** No data available. */
  static readonly ENODATA: Errno = Errno.intern(61, 'ENODATA')
  /** Timer expired. */
  static readonly ETIME: Errno = Errno.intern(62, 'ETIME')
  /** Out of streams resources. */
  static readonly ENOSR: Errno = Errno.intern(63, 'ENOSR')
  /** Machine is not on the network. */
  static readonly ENONET: Errno = Errno.intern(64, 'ENONET')
  /** Package not installed. */
  static readonly ENOPKG: Errno = Errno.intern(65, 'ENOPKG')
  /** Object is remote. */
  static readonly EREMOTE: Errno = Errno.intern(66, 'EREMOTE')
  /** Link has been severed. */
  static readonly ENOLINK: Errno = Errno.intern(67, 'ENOLINK')
  /** Advertise error. */
  static readonly EADV: Errno = Errno.intern(68, 'EADV')
  /** Srmount error. */
  static readonly ESRMNT: Errno = Errno.intern(69, 'ESRMNT')
  /** Communication error on send. */
  static readonly ECOMM: Errno = Errno.intern(70, 'ECOMM')
  /** Protocol error. */
  static readonly EPROTO: Errno = Errno.intern(71, 'EPROTO')
  /** Multihop attempted. */
  static readonly EMULTIHOP: Errno = Errno.intern(72, 'EMULTIHOP')
  /** RFS specific error. */
  static readonly EDOTDOT: Errno = Errno.intern(73, 'EDOTDOT')
  /** Bad message. */
  static readonly EBADMSG: Errno = Errno.intern(74, 'EBADMSG')
  /** Value too large for defined data type. */
  static readonly EOVERFLOW: Errno = Errno.intern(75, 'EOVERFLOW')
  /** Name not unique on network. */
  static readonly ENOTUNIQ: Errno = Errno.intern(76, 'ENOTUNIQ')
  /** File descriptor in bad state. */
  static readonly EBADFD: Errno = Errno.intern(77, 'EBADFD')
  /** Remote address changed. */
  static readonly EREMCHG: Errno = Errno.intern(78, 'EREMCHG')
  /** Can not access a needed shared library. */
  static readonly ELIBACC: Errno = Errno.intern(79, 'ELIBACC')
  /** Accessing a corrupted shared library. */
  static readonly ELIBBAD: Errno = Errno.intern(80, 'ELIBBAD')
  /** .lib section in a.out corrupted. */
  static readonly ELIBSCN: Errno = Errno.intern(81, 'ELIBSCN')
  /** Attempting to link in too many shared libraries. */
  static readonly ELIBMAX: Errno = Errno.intern(82, 'ELIBMAX')
  /** Cannot exec a shared library directly. */
  static readonly ELIBEXEC: Errno = Errno.intern(83, 'ELIBEXEC')
  /** Invalid or incomplete multibyte or wide character. */
  static readonly EILSEQ: Errno = Errno.intern(84, 'EILSEQ')
  /** Interrupted system call should be restarted. */
  static readonly ERESTART: Errno = Errno.intern(85, 'ERESTART')
  /** Streams pipe error. */
  static readonly ESTRPIPE: Errno = Errno.intern(86, 'ESTRPIPE')
  /** Too many users. */
  static readonly EUSERS: Errno = Errno.intern(87, 'EUSERS')
  /** Socket operation on non-socket. */
  static readonly ENOTSOCK: Errno = Errno.intern(88, 'ENOTSOCK')
  /** Destination address required. */
  static readonly EDESTADDRREQ: Errno = Errno.intern(89, 'EDESTADDRREQ')
  /** Message too long. */
  static readonly EMSGSIZE: Errno = Errno.intern(90, 'EMSGSIZE')
  /** Protocol wrong type for socket. */
  static readonly EPROTOTYPE: Errno = Errno.intern(91, 'EPROTOTYPE')
  /** Protocol not available. */
  static readonly ENOPROTOOPT: Errno = Errno.intern(92, 'ENOPROTOOPT')
  /** Protocol not supported. */
  static readonly EPROTONOSUPPORT: Errno = Errno.intern(93, 'EPROTONOSUPPORT')
  /** Socket type not supported. */
  static readonly ESOCKTNOSUPPORT: Errno = Errno.intern(94, 'ESOCKTNOSUPPORT')
  /** Operation not supported. */
  static readonly EOPNOTSUPP: Errno = Errno.intern(95, 'EOPNOTSUPP')
  /** Protocol family not supported. */
  static readonly EPFNOSUPPORT: Errno = Errno.intern(96, 'EPFNOSUPPORT')
  /** Address family not supported by protocol. */
  static readonly EAFNOSUPPORT: Errno = Errno.intern(97, 'EAFNOSUPPORT')
  /** Address already in use. */
  static readonly EADDRINUSE: Errno = Errno.intern(98, 'EADDRINUSE')
  /** Cannot assign requested address. */
  static readonly EADDRNOTAVAIL: Errno = Errno.intern(99, 'EADDRNOTAVAIL')
  /** Network is down. */
  static readonly ENETDOWN: Errno = Errno.intern(100, 'ENETDOWN')
  /** Network is unreachable. */
  static readonly ENETUNREACH: Errno = Errno.intern(101, 'ENETUNREACH')
  /** Network dropped connection on reset. */
  static readonly ENETRESET: Errno = Errno.intern(102, 'ENETRESET')
  /** Software caused connection abort. */
  static readonly ECONNABORTED: Errno = Errno.intern(103, 'ECONNABORTED')
  /** Connection reset by peer. */
  static readonly ECONNRESET: Errno = Errno.intern(104, 'ECONNRESET')
  /** No buffer space available. */
  static readonly ENOBUFS: Errno = Errno.intern(105, 'ENOBUFS')
  /** Transport endpoint is already connected. */
  static readonly EISCONN: Errno = Errno.intern(106, 'EISCONN')
  /** Transport endpoint is not connected. */
  static readonly ENOTCONN: Errno = Errno.intern(107, 'ENOTCONN')
  /** Cannot send after transport endpoint shutdown. */
  static readonly ESHUTDOWN: Errno = Errno.intern(108, 'ESHUTDOWN')
  /** Too many references: cannot splice. */
  static readonly ETOOMANYREFS: Errno = Errno.intern(109, 'ETOOMANYREFS')
  /** Connection timed out. */
  static readonly ETIMEDOUT: Errno = Errno.intern(110, 'ETIMEDOUT')
  /** Connection refused. */
  static readonly ECONNREFUSED: Errno = Errno.intern(111, 'ECONNREFUSED')
  /** Host is down. */
  static readonly EHOSTDOWN: Errno = Errno.intern(112, 'EHOSTDOWN')
  /** No route to host. */
  static readonly EHOSTUNREACH: Errno = Errno.intern(113, 'EHOSTUNREACH')
  /** Operation already in progress. */
  static readonly EALREADY: Errno = Errno.intern(114, 'EALREADY')
  /** Operation now in progress. */
  static readonly EINPROGRESS: Errno = Errno.intern(115, 'EINPROGRESS')
  /** Stale file handle. */
  static readonly ESTALE: Errno = Errno.intern(116, 'ESTALE')
  /** Structure needs cleaning. */
  static readonly EUCLEAN: Errno = Errno.intern(117, 'EUCLEAN')
  /** Not a XENIX named type file. */
  static readonly ENOTNAM: Errno = Errno.intern(118, 'ENOTNAM')
  /** No XENIX semaphores available. */
  static readonly ENAVAIL: Errno = Errno.intern(119, 'ENAVAIL')
  /** Is a named type file. */
  static readonly EISNAM: Errno = Errno.intern(120, 'EISNAM')
  /** Remote I/O error. */
  static readonly EREMOTEIO: Errno = Errno.intern(121, 'EREMOTEIO')
  /** Disk quota exceeded. */
  static readonly EDQUOT: Errno = Errno.intern(122, 'EDQUOT')
  /** No medium found. */
  static readonly ENOMEDIUM: Errno = Errno.intern(123, 'ENOMEDIUM')
  /** Wrong medium type. */
  static readonly EMEDIUMTYPE: Errno = Errno.intern(124, 'EMEDIUMTYPE')
  /** Operation canceled. */
  static readonly ECANCELED: Errno = Errno.intern(125, 'ECANCELED')
  /** Required key not available. */
  static readonly ENOKEY: Errno = Errno.intern(126, 'ENOKEY')
  /** Key has expired. */
  static readonly EKEYEXPIRED: Errno = Errno.intern(127, 'EKEYEXPIRED')
  /** Key has been revoked. */
  static readonly EKEYREVOKED: Errno = Errno.intern(128, 'EKEYREVOKED')
  /** Key was rejected by service. */
  static readonly EKEYREJECTED: Errno = Errno.intern(129, 'EKEYREJECTED')
  /** Owner died. */
  static readonly EOWNERDEAD: Errno = Errno.intern(130, 'EOWNERDEAD')
  /** State not recoverable. */
  static readonly ENOTRECOVERABLE: Errno = Errno.intern(131, 'ENOTRECOVERABLE')
  /** Operation not possible due to RF-kill. */
  static readonly ERFKILL: Errno = Errno.intern(132, 'ERFKILL')
  /** Memory page has hardware error. */
  static readonly EHWPOISON: Errno = Errno.intern(133, 'EHWPOISON')
}

byName.set('EWOULDBLOCK', Errno.EAGAIN)
byName.set('EDEADLOCK', Errno.EDEADLK)
byName.set('ENOTSUP', Errno.EOPNOTSUPP)
for (let errno = 1; errno <= MAX_ERRNO; errno += 1) {
  if (byNumber[errno] === undefined) Errno.intern(errno, `E${errno}`)
}
