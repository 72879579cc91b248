// Generated from schema/ by `pnpm run generate`: change the schema, not this file.

import type { AnyStruct } from '../struct.js'
import { FuseInHeader, FuseOutHeader } from './headers.generated.js'
import { FuseAttr, FuseFileLock, FuseKstatfs, FuseStatx, FuseSxTime } from './attributes.generated.js'
import { FuseAttrOut, FuseBatchForgetIn, FuseDirent, FuseDirentplus, FuseEntryOut, FuseForgetIn, FuseForgetOne, FuseGetattrIn, FuseSetattrIn, FuseStatfsOut, FuseStatxIn, FuseStatxOut } from './entries.generated.js'
import { FuseAccessIn, FuseGetxattrIn, FuseGetxattrOut, FuseLinkIn, FuseMkdirIn, FuseMknodIn, FuseRename2In, FuseRenameIn, FuseSetxattrIn } from './names.generated.js'
import { FuseBmapIn, FuseBmapOut, FuseCopyFileRangeIn, FuseCopyFileRangeOut, FuseCreateIn, FuseFallocateIn, FuseFlushIn, FuseFsyncIn, FuseLseekIn, FuseLseekOut, FuseOpenIn, FuseOpenOut, FuseReadIn, FuseReleaseIn, FuseWriteIn, FuseWriteOut } from './files.generated.js'
import { CuseInitIn, CuseInitOut, FuseInitIn, FuseInitOut, FuseInterruptIn, FuseIoctlIn, FuseIoctlIovec, FuseIoctlOut, FuseLkIn, FuseLkOut, FusePollIn, FusePollOut, FuseSyncfsIn } from './control.generated.js'
import { FuseNotifyDeleteOut, FuseNotifyInvalEntryOut, FuseNotifyInvalInodeOut, FuseNotifyPollWakeupOut, FuseNotifyPruneOut, FuseNotifyRetrieveIn, FuseNotifyRetrieveOut, FuseNotifyStoreOut } from './notifications.generated.js'
import { FuseBackingMap, FuseExtHeader, FuseRemovemappingIn, FuseRemovemappingOne, FuseSecctx, FuseSecctxHeader, FuseSetupmappingIn, FuseSuppGroups, FuseUringCmdReq, FuseUringEntInOut, FuseUringReqHeader } from './transports.generated.js'

export { FuseInHeader, FuseOutHeader } from './headers.generated.js'
export { FuseAttr, FuseFileLock, FuseKstatfs, FuseStatx, FuseSxTime } from './attributes.generated.js'
export { FuseAttrOut, FuseBatchForgetIn, FuseDirent, FuseDirentplus, FuseEntryOut, FuseForgetIn, FuseForgetOne, FuseGetattrIn, FuseSetattrIn, FuseStatfsOut, FuseStatxIn, FuseStatxOut } from './entries.generated.js'
export { FuseAccessIn, FuseGetxattrIn, FuseGetxattrOut, FuseLinkIn, FuseMkdirIn, FuseMknodIn, FuseRename2In, FuseRenameIn, FuseSetxattrIn } from './names.generated.js'
export { FuseBmapIn, FuseBmapOut, FuseCopyFileRangeIn, FuseCopyFileRangeOut, FuseCreateIn, FuseFallocateIn, FuseFlushIn, FuseFsyncIn, FuseLseekIn, FuseLseekOut, FuseOpenIn, FuseOpenOut, FuseReadIn, FuseReleaseIn, FuseWriteIn, FuseWriteOut } from './files.generated.js'
export { CuseInitIn, CuseInitOut, FuseInitIn, FuseInitOut, FuseInterruptIn, FuseIoctlIn, FuseIoctlIovec, FuseIoctlOut, FuseLkIn, FuseLkOut, FusePollIn, FusePollOut, FuseSyncfsIn } from './control.generated.js'
export { FuseNotifyDeleteOut, FuseNotifyInvalEntryOut, FuseNotifyInvalInodeOut, FuseNotifyPollWakeupOut, FuseNotifyPruneOut, FuseNotifyRetrieveIn, FuseNotifyRetrieveOut, FuseNotifyStoreOut } from './notifications.generated.js'
export { FuseBackingMap, FuseExtHeader, FuseRemovemappingIn, FuseRemovemappingOne, FuseSecctx, FuseSecctxHeader, FuseSetupmappingIn, FuseSuppGroups, FuseUringCmdReq, FuseUringEntInOut, FuseUringReqHeader } from './transports.generated.js'

/** Every struct of FUSE 7.45 by its C name: for tests, tracers and fuzzers. */
export const structs: Readonly<Record<string, AnyStruct>> = {
  fuse_in_header: FuseInHeader,
  fuse_out_header: FuseOutHeader,
  fuse_attr: FuseAttr,
  fuse_sx_time: FuseSxTime,
  fuse_statx: FuseStatx,
  fuse_kstatfs: FuseKstatfs,
  fuse_file_lock: FuseFileLock,
  fuse_entry_out: FuseEntryOut,
  fuse_forget_in: FuseForgetIn,
  fuse_forget_one: FuseForgetOne,
  fuse_batch_forget_in: FuseBatchForgetIn,
  fuse_getattr_in: FuseGetattrIn,
  fuse_attr_out: FuseAttrOut,
  fuse_statx_in: FuseStatxIn,
  fuse_statx_out: FuseStatxOut,
  fuse_setattr_in: FuseSetattrIn,
  fuse_statfs_out: FuseStatfsOut,
  fuse_dirent: FuseDirent,
  fuse_direntplus: FuseDirentplus,
  fuse_mknod_in: FuseMknodIn,
  fuse_mkdir_in: FuseMkdirIn,
  fuse_rename_in: FuseRenameIn,
  fuse_rename2_in: FuseRename2In,
  fuse_link_in: FuseLinkIn,
  fuse_setxattr_in: FuseSetxattrIn,
  fuse_getxattr_in: FuseGetxattrIn,
  fuse_getxattr_out: FuseGetxattrOut,
  fuse_access_in: FuseAccessIn,
  fuse_open_in: FuseOpenIn,
  fuse_create_in: FuseCreateIn,
  fuse_open_out: FuseOpenOut,
  fuse_release_in: FuseReleaseIn,
  fuse_flush_in: FuseFlushIn,
  fuse_read_in: FuseReadIn,
  fuse_write_in: FuseWriteIn,
  fuse_write_out: FuseWriteOut,
  fuse_fsync_in: FuseFsyncIn,
  fuse_fallocate_in: FuseFallocateIn,
  fuse_lseek_in: FuseLseekIn,
  fuse_lseek_out: FuseLseekOut,
  fuse_copy_file_range_in: FuseCopyFileRangeIn,
  fuse_copy_file_range_out: FuseCopyFileRangeOut,
  fuse_bmap_in: FuseBmapIn,
  fuse_bmap_out: FuseBmapOut,
  fuse_init_in: FuseInitIn,
  fuse_init_out: FuseInitOut,
  cuse_init_in: CuseInitIn,
  cuse_init_out: CuseInitOut,
  fuse_lk_in: FuseLkIn,
  fuse_lk_out: FuseLkOut,
  fuse_interrupt_in: FuseInterruptIn,
  fuse_ioctl_in: FuseIoctlIn,
  fuse_ioctl_iovec: FuseIoctlIovec,
  fuse_ioctl_out: FuseIoctlOut,
  fuse_poll_in: FusePollIn,
  fuse_poll_out: FusePollOut,
  fuse_syncfs_in: FuseSyncfsIn,
  fuse_notify_poll_wakeup_out: FuseNotifyPollWakeupOut,
  fuse_notify_inval_inode_out: FuseNotifyInvalInodeOut,
  fuse_notify_inval_entry_out: FuseNotifyInvalEntryOut,
  fuse_notify_delete_out: FuseNotifyDeleteOut,
  fuse_notify_store_out: FuseNotifyStoreOut,
  fuse_notify_retrieve_out: FuseNotifyRetrieveOut,
  fuse_notify_retrieve_in: FuseNotifyRetrieveIn,
  fuse_notify_prune_out: FuseNotifyPruneOut,
  fuse_backing_map: FuseBackingMap,
  fuse_setupmapping_in: FuseSetupmappingIn,
  fuse_removemapping_in: FuseRemovemappingIn,
  fuse_removemapping_one: FuseRemovemappingOne,
  fuse_secctx: FuseSecctx,
  fuse_secctx_header: FuseSecctxHeader,
  fuse_ext_header: FuseExtHeader,
  fuse_supp_groups: FuseSuppGroups,
  fuse_uring_ent_in_out: FuseUringEntInOut,
  fuse_uring_req_header: FuseUringReqHeader,
  fuse_uring_cmd_req: FuseUringCmdReq,
}
