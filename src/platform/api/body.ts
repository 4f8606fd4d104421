/** Reads request bodies from untrusted clients: with a limit of size, a checked media type, and valid JSON. */
import { concat } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { parseLargeJson } from "../threads/compute.ts";
import { parseJson } from "../threads/json.ts";

/** No valid message is nested deeper. */
const JSON_DEPTH_MAX = 32;
/**
 * Parsing up to this size takes a few milliseconds. A larger body is parsed in a thread, so that other requests are
 * served at the same time.
 */
const PARSE_HERE_BYTES = 1024 * 1024;

function tooLarge(bytesMax: number): AppError {
	return new AppError({
		code: "BODY_TOO_LARGE",
		message: `The request's body is larger than ${bytesMax} bytes, which is the limit of this route.`,
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
 * @throws AppError `MEDIA_TYPE_UNSUPPORTED`, `BODY_TOO_LARGE` (exit 2). Bytes beyond the limit are not kept.
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

/**
 * The JSON of a body. Its schema is not checked yet.
 * @throws AppError as `readBytes`, and `JSON_INVALID` (exit 2)
 */
export async function readJson(request: Request, bytesMax: number): Promise<unknown> {
	const bytes = await readBytes(request, "application/json", bytesMax);
	const isLarge = bytes.length > PARSE_HERE_BYTES;
	const value = isLarge ? await parseLargeJson(bytes, JSON_DEPTH_MAX) : parseJson(bytes, JSON_DEPTH_MAX);
	if (value !== undefined) return value;
	throw new AppError({
		code: "JSON_INVALID",
		message: `The request's body is not JSON in UTF-8, or nests deeper than ${JSON_DEPTH_MAX} levels.`,
		hint: "See docs/protocol.md.",
		exit: EXIT.usage,
	});
}
