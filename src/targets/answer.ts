/**
 * Reads answers of a target. They are not trusted: they are read with a bound, and an error's text is repeated only if
 * it contains no part of the request's secrets.
 */
import { utf8 } from "../bytes.ts";
import { toBase64 } from "../crypto.ts";
import type { Answer } from "../http/request.ts";
import { printable } from "../printable.ts";

/** The most characters of an error's text that a message repeats. */
const DETAIL_MAX = 200;
/** A run of this many equal characters counts as a part of a secret. */
const PART_CHARACTERS = 4;

/**
 * A body as text.
 * @returns undefined if it is longer than `bytesMax`, or not UTF-8
 */
export async function readBody(answer: Answer, bytesMax: number): Promise<string | undefined> {
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	if (answer.body !== null)
		for await (const chunk of answer.body) {
			bytes += chunk.length;
			// Leaving the loop cancels the body.
			if (bytes > bytesMax) return undefined;
			chunks.push(chunk);
		}
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
	} catch {
		return undefined;
	}
}

/** The value of a JSON text; undefined if it is not JSON. */
export function jsonOf(text: string | undefined): unknown {
	try {
		return text === undefined ? undefined : JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** The forms in which an answer may repeat a text. */
function formsOf(secret: string): string[] {
	const bytes = utf8(secret);
	const hex = Buffer.from(bytes).toString("hex");
	return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), toBase64(bytes), hex];
}

/** Whether a text may contain a secret, or a part of one, in any usual form. In doubt, true. */
function mayHold(text: string, secret: string): boolean {
	if (secret === "") return false;
	const lower = text.toLowerCase();
	const letters = [...lower].filter((character) => /[\p{L}\p{N}]/u.test(character)).join("");
	const isLong = secret.length >= PART_CHARACTERS;
	return formsOf(secret).some((form) => {
		const wanted = form.toLowerCase();
		if (!isLong) return lower.includes(wanted) || [...lower].reverse().join("").includes(wanted);
		for (const from of [lower, letters])
			for (let at = 0; at + PART_CHARACTERS <= from.length; at++)
				if (wanted.includes(from.slice(at, at + PART_CHARACTERS))) return true;
		return false;
	});
}

/**
 * The error text in a body (`message` or `detail`), fit for a message; undefined if there is none, or if it contains a
 * part of what was sent.
 * @param sent values, and the key of the request
 */
export function faultDetail(body: unknown, sent: Iterable<string>): string | undefined {
	if (typeof body !== "object" || body === null) return undefined;
	const { message, detail } = body as { message?: unknown; detail?: unknown };
	const text = [message, detail].find((each) => typeof each === "string" && each.trim() !== "");
	if (typeof text !== "string") return undefined;
	// Only the shown text can reveal anything.
	const shown = printable(text.trim(), DETAIL_MAX);
	const raw = text.slice(0, 2 * DETAIL_MAX);
	for (const secret of sent) if (mayHold(raw, secret)) return undefined;
	return shown;
}
