const { readdirSync } = require('node:fs')

// The layer rule: an import only ever points down (see ARCHITECTURE.md).
// Each entry names a package folder and the packages of this repository that it may import.
const allowed = {
  abi: [],
  sys: [],
  api: ['abi'],
  'pseudo-fs': ['api', 'abi'],
  middleware: ['api', 'abi'],
  passthrough: ['api', 'abi', 'sys'],
  vfs: ['api', 'abi', 'middleware', 'pseudo-fs'],
  control: ['api', 'abi', 'middleware', 'passthrough', 'pseudo-fs', 'vfs'],
  daemon: ['api', 'control', 'sys'],
  virtqueue: ['sys'],
  'vhost-user': ['virtqueue', 'sys'],
  'transport-fusedev': ['api', 'abi', 'sys'],
  'transport-virtiofs': ['api', 'abi', 'sys', 'vhost-user', 'virtqueue'],
}

const unknown = readdirSync(`${__dirname}/packages`).filter((name) => !(name in allowed))
if (unknown.length > 0) throw new Error(`.dependency-cruiser.cjs has no layer for: ${unknown.join(', ')}`)

// Tests and benchmarks may import what their package may not.
const beside = '\\.(test|bench)\\.ts$|^packages/[^/]+/(test|bench)/|vitest\\.config\\.ts$'

const layers = Object.entries(allowed).map(([name, list]) => ({
  name: `layer-${name}`,
  comment: `@fb/${name} may import only: ${list.map((p) => `@fb/${p}`).join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^packages/${name}/`, pathNot: beside },
  to: { path: `^packages/(?!(${[name, ...list].join('|')})/)|^(apps|tools)/` },
}))

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'What a file needs to run must not need that file; types may refer to each other.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolved',
      comment:
        'An import that leads nowhere: packages resolve each other through their build, so build first.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-reaching-in',
      comment: 'Another package is imported by its name, never by a path into its sources.',
      severity: 'error',
      from: { path: '^((?:packages|apps|tools)/[^/]+)/' },
      to: {
        path: '^(packages|apps|tools)/',
        pathNot: '^$1/|/dist/|/package\\.json$',
        dependencyTypes: ['local'],
      },
    },
    ...layers,
  ],
  options: {
    // Other packages are seen as what they resolve to, their build; only sources are looked into.
    doNotFollow: { path: '(^|/)(dist|node_modules)/' },
    exclude: { path: '(^|/)(build|coverage|fixtures|\\.cache|pack-check/snippets)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
    },
  },
}
