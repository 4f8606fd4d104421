/** What the second reader ends in where a vault does not hold: the code and the line that docs/format.md says. */
export class Fault extends Error {
	readonly code: string;
	readonly line: number | undefined;

	constructor(code: string, line?: number) {
		super(`${code}${line === undefined ? "" : `, line ${line}`}`);
		this.code = code;
		this.line = line;
	}
}
