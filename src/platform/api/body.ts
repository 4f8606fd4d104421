/**
 * Reading of request bodies that nobody vouches for: bounded while they come in, typed, well-formed.
 */
import { concat, fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";

/** More than any message needs; deeper nesting is only ever made to hurt. */
const JSON_DEPTH_MAX = 32;

function tooLarge(bytesMax: number): AppError {
	return new AppError({
		code: "BODY_TOO_LARGE",
		message: `The request's body is larger than ${bytesMax} bytes, the limit for this route.`,
		hint: "Send it in several parts.",
		exit: EXIT.usage,
	});
}

function checkMediaType(request: Request, expected: string): void {
	const [type = ""] = (request.headers.get("content-type") ?? "").split(";");
	if (type.trim().toLowerCase() === expected) return;
	throw new AppError({
		code: "MEDIA_TYPE_UNSUPPORTED",
		message: `The request's body must be of type ${expected}.`,
		hint: "Set the content-type header.",
		exit: EXIT.usage,
	});
}

/**
 * The bytes of a body.
 * @throws AppError `MEDIA_TYPE_UNSUPPORTED`, `BODY_TOO_LARGE` (exit 2); nothing past the limit is kept
 */
export async function readBytes(request: Request, mediaType: string, bytesMax: number): Promise<Uint8Array> {
	checkMediaType(request, mediaType);
	if (Number(request.headers.get("content-length") ?? 0) > bytesMax) throw tooLarge(bytesMax);
	if (request.body === null) return new Uint8Array();
	const chunks: Uint8Array[] = [];
	let size = 0;
	// Leaving the loop cancels the stream.
	for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
		size += chunk.length;
		if (size > bytesMax) throw tooLarge(bytesMax);
		chunks.push(chunk);
	}
	return concat(...chunks);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The deepest nesting of arrays and objects; what is inside strings does not count. */
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

/**
 * The JSON of a body, not yet believed.
 * @throws AppError as `readBytes`, and `JSON_INVALID` (exit 2)
 */
export async function readJson(request: Request, bytesMax: number): Promise<unknown> {
	const bytes = await readBytes(request, "application/json", bytesMax);
	const text = depthOf(bytes) <= JSON_DEPTH_MAX ? fromUtf8(bytes) : undefined;
	try {
		if (text !== undefined) return JSON.parse(text) as unknown;
	} catch {
		// Said below; the parser's own message repeats what was sent.
	}
	throw new AppError({
		code: "JSON_INVALID",
		message: `The request's body is not JSON in UTF-8, or nests deeper than ${JSON_DEPTH_MAX} levels.`,
		hint: "See docs/protocol.md.",
		exit: EXIT.usage,
	});
}
