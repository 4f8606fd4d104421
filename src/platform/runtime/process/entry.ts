/**
 * Functions are often scripts too: `if (import.meta.main) Deno.serve(handler)`. The host imports a bundle as
 * an ordinary module, since Deno would let a main module read any file through its imports, so Deno itself
 * would say that it is not the main one.
 */

const QUESTION = Buffer.from("import.meta.main");
/** Of the same length, so that every position and source map stays true. */
const ANSWER = Buffer.from("true".padEnd(QUESTION.length));
const IDENTIFIER = /[\w$\u0080-\u00ff.]/;

/** The code with `import.meta.main` answered. The bundler has done so for all modules but the entry. */
export function asEntry(code: Uint8Array): Uint8Array {
	const view = Buffer.from(code.buffer, code.byteOffset, code.byteLength);
	let copy: Buffer | undefined;
	for (let at = view.indexOf(QUESTION); at !== -1; at = view.indexOf(QUESTION, at + QUESTION.length)) {
		const before = view.toString("latin1", Math.max(0, at - 1), at);
		const after = view.toString("latin1", at + QUESTION.length, at + QUESTION.length + 1);
		if (IDENTIFIER.test(before) || /[\w$\u0080-\u00ff]/.test(after)) continue;
		copy ??= Buffer.from(view);
		ANSWER.copy(copy, at);
	}
	return copy ?? code;
}
