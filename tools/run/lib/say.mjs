/**
 * One line about what goes on.
 *
 * @param {string} text
 */
export function say(text) {
  process.stdout.write(`${text}\n`)
}
