// The layer rule: an import only ever points down (see ARCHITECTURE.md).
// Each entry names a package folder and the packages of this repository that it may import.
const allowed = {
  abi: [],
  sys: [],
  api: ['abi'],
  passthrough: ['api', 'abi', 'sys'],
  'transport-fusedev': ['api', 'abi', 'sys'],
  virtqueue: ['sys'],
  'vhost-user': ['virtqueue', 'sys'],
}

const outside = (name, list) => ({
  name: `layer-${name}`,
  comment: `@fb/${name} may import only: ${list.map((p) => `@fb/${p}`).join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^packages/${name}/`, pathNot: '\\.test\\.ts$|/test/' },
  to: { path: `^packages/(?!(${[name, ...list].join('|')})/)|^apps/|^tools/` },
})

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan-package',
      severity: 'error',
      from: { path: '^packages/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'packages-never-import-apps',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(apps|tools)/' },
    },
    ...Object.entries(allowed).map(([name, list]) => outside(name, list)),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|build|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
    },
  },
}
