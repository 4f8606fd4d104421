/** The error of the second reader, with the code and the line that docs/format.md specifies. */
export class Fault extends Error {
	readonly code: string;
	readonly line: number | undefined;

	constructor(code: string, line?: number) {
		super(`${code}${line === undefined ? "" : `, line ${line}`}`);
		this.code = code;
		this.line = line;
	}
}
