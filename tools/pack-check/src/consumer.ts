import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '@fb/run'

/**
 * The two ways in which projects of today find the types of a package. The declarations themselves are the same for
 * both: they are checked once.
 */
const compilers = {
  node16: { module: 'node16', moduleResolution: 'node16', skipLibCheck: false, outDir: 'out' },
  bundler: { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true, noEmit: true },
} as const

/** An empty project of somebody else, with packages installed from tarballs. */
export class Consumer {
  readonly directory = mkdtempSync(join(tmpdir(), 'fb-consumer-'))

  /** Installs with npm; `tarballs` are paths by package name. */
  install(tarballs: Readonly<Record<string, string>>): void {
    const files = Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`])
    const manifest = {
      ...{ name: 'consumer', version: '1.0.0', private: true, type: 'module' },
      dependencies: { ...Object.fromEntries(files), '@types/node': nodeTypesVersion() },
    }
    writeFileSync(join(this.directory, 'package.json'), JSON.stringify(manifest))
    this.run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'])
  }

  /** Type-checks a file as part of the project. */
  typecheck(snippet: string, resolution: keyof typeof compilers): void {
    mkdirSync(join(this.directory, 'src'), { recursive: true })
    copyFileSync(snippet, join(this.directory, 'src', 'snippet.ts'))
    const config = {
      compilerOptions: {
        ...{ target: 'es2022', lib: ['es2022'], types: ['node'], strict: true },
        ...compilers[resolution],
      },
      include: ['src'],
    }
    const file = join(this.directory, `tsconfig.${resolution}.json`)
    writeFileSync(file, JSON.stringify(config))
    this.run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', file])
  }

  /** Runs what {@link typecheck} compiled, and gives what it printed. */
  runSnippet(): string {
    return this.run(process.execPath, [join(this.directory, 'out', 'snippet.js')])
  }

  /** Runs a program in the project. Throws with its output when it fails. */
  run(program: string, args: readonly string[]): string {
    try {
      return execFileSync(program, args, { cwd: this.directory, encoding: 'utf8', stdio: 'pipe' })
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string }
      throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** The version that our own sources are compiled with. */
function nodeTypesVersion(): string {
  const manifest = execFileSync(process.execPath, ['-p', "require('@types/node/package.json').version"], {
    cwd: root,
    encoding: 'utf8',
  })
  return manifest.trim()
}
