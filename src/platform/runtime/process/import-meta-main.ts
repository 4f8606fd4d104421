/**
 * Many functions are also scripts: `if (import.meta.main) Deno.serve(handler)`. The host imports a bundle as an
 * ordinary module, so `import.meta.main` would be false in it. The host imports it because Deno's read permissions
 * apply to dynamic imports.
 */

const PATTERN = Buffer.from("import.meta.main");
/** It has the same length, so positions and source maps stay valid. */
const REPLACEMENT = Buffer.from("true".padEnd(PATTERN.length));
const IDENTIFIER = /[\w$\u0080-\u00ff.]/;

/** Replaces `import.meta.main` with `true`. The bundler has replaced it in all modules except the entry. */
export function replaceImportMetaMain(code: Uint8Array): Uint8Array {
	const view = Buffer.from(code.buffer, code.byteOffset, code.byteLength);
	let copy: Buffer | undefined;
	for (let at = view.indexOf(PATTERN); at !== -1; at = view.indexOf(PATTERN, at + PATTERN.length)) {
		const before = view.toString("latin1", Math.max(0, at - 1), at);
		const after = view.toString("latin1", at + PATTERN.length, at + PATTERN.length + 1);
		if (IDENTIFIER.test(before) || /[\w$\u0080-\u00ff]/.test(after)) continue;
		copy ??= Buffer.from(view);
		REPLACEMENT.copy(copy, at);
	}
	return copy ?? code;
}
