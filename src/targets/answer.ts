/**
 * Answers of a place that secrets are sent to. Nothing in them is trusted: they are read with a bound, and what they say
 * of a fault is repeated only where it holds nothing of what was sent.
 */
import { utf8 } from "../bytes.ts";
import { toBase64 } from "../crypto.ts";
import type { Answer } from "../http-request.ts";
import { printable } from "../printable.ts";

/** What a fault may say of itself, in characters of a message. */
const DETAIL_MAX = 200;
/** So many characters in a row that stand in a secret as well are taken for a part of it. */
const PART_CHARACTERS = 4;

/**
 * The beginning of a body as text, at most so many bytes.
 * @returns undefined where there is more, or where it is not UTF-8
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

/** A JSON text's value; undefined where it is none. */
export function jsonOf(text: string | undefined): unknown {
	try {
		return text === undefined ? undefined : JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** The forms in which somebody may give a text back. */
function formsOf(secret: string): string[] {
	const bytes = utf8(secret);
	const hex = Buffer.from(bytes).toString("hex");
	return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), toBase64(bytes), hex];
}

/** Whether a text holds a secret, or a part of one, in any usual form. Where it may, the answer is yes. */
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
 * What the body of a fault says of itself (`message`, or `detail`), fit for a message; undefined where it says nothing,
 * or where it holds anything of what was sent.
 * @param sent values and the key that went with the request
 */
export function faultDetail(body: unknown, sent: Iterable<string>): string | undefined {
	if (typeof body !== "object" || body === null) return undefined;
	const { message, detail } = body as { message?: unknown; detail?: unknown };
	const text = [message, detail].find((each) => typeof each === "string" && each.trim() !== "");
	if (typeof text !== "string") return undefined;
	// Only what is shown can give anything away.
	const shown = printable(text.trim(), DETAIL_MAX);
	const raw = text.slice(0, 2 * DETAIL_MAX);
	for (const secret of sent) if (mayHold(raw, secret)) return undefined;
	return shown;
}
