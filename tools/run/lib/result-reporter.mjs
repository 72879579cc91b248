import { writeFileSync } from 'node:fs'

/**
 * What became of one test file. `failures` counts failed tests and everything else that went wrong in it: a file that
 * does not load, a hook that throws.
 *
 * @typedef {{ project: string, passed: number, failures: string[], skipped: { name: string, reason: string }[] }} FileResult
 */

/** A reporter of vitest that writes its results to the file that FB_TEST_RESULT names, anew after every test file. */
// biome-ignore lint/style/noDefaultExport: vitest takes a reporter from the default export of its file
export default class ResultReporter {
  /** @type {Map<string, FileResult>} */
  #files = new Map()
  /** Reasons printed on the console, by the test or file that printed them. @type {Map<string, string>} */
  #reasons = new Map()

  /** @param {import('vitest').UserConsoleLog} log */
  onUserConsoleLog(log) {
    const reason = /^skipped: (.+)$/m.exec(log.content)?.[1]
    if (reason !== undefined && log.taskId !== undefined) this.#reasons.set(log.taskId, reason)
  }

  /** @param {import('vitest/node').TestModule} module */
  onTestModuleEnd(module) {
    this.#files.set(module.id, this.#summarize(module))
    this.#write([])
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest').SerializedError[]} errors
   */
  onTestRunEnd(modules, errors) {
    for (const module of modules) this.#files.set(module.id, this.#summarize(module))
    this.#write(errors.map((error) => error.message))
  }

  /**
   * @param {import('vitest/node').TestModule} module
   * @returns {FileResult}
   */
  #summarize(module) {
    /** @type {FileResult} */
    const result = { project: module.project.name, passed: 0, failures: [], skipped: [] }
    for (const error of module.errors()) result.failures.push(`${module.relativeModuleId}: ${error.message}`)
    for (const suite of module.children.allSuites()) {
      for (const error of suite.errors()) result.failures.push(`${suite.fullName}: ${error.message}`)
    }
    for (const test of module.children.allTests()) {
      const outcome = test.result()
      const name = `${module.relativeModuleId} > ${test.fullName}`
      if (outcome.state === 'passed') result.passed += 1
      else if (outcome.state !== 'skipped') result.failures.push(name)
      else result.skipped.push({ name, reason: outcome.note ?? this.#printedReason(module, test.id) })
    }
    return result
  }

  /**
   * @param {import('vitest/node').TestModule} module
   * @param {string} testId
   */
  #printedReason(module, testId) {
    return this.#reasons.get(testId) ?? this.#reasons.get(module.id) ?? 'no reason given'
  }

  /** @param {readonly string[]} errors what went wrong outside of any test file */
  #write(errors) {
    const path = process.env['FB_TEST_RESULT']
    if (path !== undefined) writeFileSync(path, JSON.stringify({ files: [...this.#files.values()], errors }))
  }
}
