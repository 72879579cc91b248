import { attributes } from './attributes.js'
import { control } from './control.js'
import type { Area } from './dsl.js'
import { entries } from './entries.js'
import { files } from './files.js'
import { headers } from './headers.js'
import { names } from './names.js'
import { notifications } from './notifications.js'
import { transports } from './transports.js'

/** Every struct of FUSE 7.45. A struct stands after those that it contains. */
export const areas: readonly Area[] = [
  headers,
  attributes,
  entries,
  names,
  files,
  control,
  notifications,
  transports,
]
