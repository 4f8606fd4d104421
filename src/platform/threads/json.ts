/** Parses untrusted JSON. Pure. */
import { fromUtf8 } from "../../bytes.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The maximum nesting of arrays and objects. Brackets in strings are ignored. */
function depthOf(bytes: Uint8Array): number {
	let depth = 0;
	let deepest = 0;
	let inString = false;
	for (let index = 0; index < bytes.length; index++) {
		const byte = bytes[index];
		if (inString) {
			if (byte === BACKSLASH) index++;
			else if (byte === QUOTE) inString = false;
		} else if (byte === QUOTE) inString = true;
		else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, ++depth);
		else if (byte === 0x5d || byte === 0x7d) depth--;
	}
	return deepest;
}

/** The value of a JSON text in UTF-8. Undefined if the text is not JSON or is nested more deeply than `depthMax`. */
export function parseJson(bytes: Uint8Array, depthMax: number): unknown {
	const text = depthOf(bytes) <= depthMax ? fromUtf8(bytes) : undefined;
	try {
		return text === undefined ? undefined : (JSON.parse(text) as unknown);
	} catch {
		// The parser's error is not used, because its message contains parts of the text.
		return undefined;
	}
}
