/** The forms that a value can have in files: unchanged, and as common tools encode it. Pure. */
import { Buffer } from "node:buffer";

/** The forms of one value. */
export interface Encodings {
	/** Forms that are written in one piece. */
	readonly plain: ReadonlySet<string>;
	/**
	 * Forms without white space, for text that is wrapped or indented. Compare them with a file without its white
	 * space.
	 */
	readonly folded: ReadonlySet<string>;
}

const WHITE_SPACE = /[ \t\r\n]/g;
/** Tools wrap base64 and hex after this many characters or more (`xxd` 60, PEM 64, `base64` 76). */
const LINE_CHARACTERS = 60;

/** The part of a value's base64 that does not depend on the surrounding bytes, for each of the three alignments. */
function base64Cores(bytes: Buffer): string[] {
	return [0, 1, 2].map((before) => {
		const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
		const from = Math.ceil((before * 8) / 6);
		return text.slice(from, Math.floor(((before + bytes.length) * 8) / 6));
	});
}

function urlEncoded(value: string): string[] {
	// A lone surrogate has no UTF-8 form, and a vault contains none.
	if (/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(value)) return [];
	const strict = encodeURIComponent(value);
	const all = strict.replace(
		/[!'()*]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);
	const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
	const form = all.replaceAll("%20", "+");
	return [strict, all, encodeURI(value), form].flatMap((text) => [text, lower(text)]);
}

function asciiJson(text: string): string {
	return text.replace(
		/[\u0080-\uFFFF]/g,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

/** JSON as JavaScript, Python, PHP and Go write it. */
function jsonEscaped(value: string): string[] {
	const json = JSON.stringify(value).slice(1, -1);
	const go = json.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
	return [json, asciiJson(json), json.replaceAll("/", "\\/"), asciiJson(json.replaceAll("/", "\\/")), go];
}

/** Quoted as in `.env` files and shells. */
function quoted(value: string): string[] {
	const newlines = value.replaceAll("\r", "\\r").replaceAll("\n", "\\n");
	return [
		newlines,
		newlines.replaceAll('"', '\\"'),
		value.replaceAll('"', '\\"'),
		value.replace(/[\\"$`]/g, "\\$&"),
		value.replaceAll("'", "'\\''"),
		value.replaceAll("\n", "\r\n"),
	];
}

/**
 * The forms of a value: raw, quoted for `.env` files and shells, JSON, URL, base64 (both alphabets, with any
 * surrounding bytes), and hex in both cases. Bytes are latin1 text: one character is one byte.
 */
export function encodingsOf(value: string): Encodings {
	const bytes = Buffer.from(value, "utf8");
	const cores = base64Cores(bytes);
	const base64 = [...cores, ...cores.map((core) => core.replaceAll("+", "-").replaceAll("/", "_"))];
	const hex = bytes.toString("hex");
	const broken = [...base64, hex, hex.toUpperCase()];
	const texts = [value, ...quoted(value), ...jsonEscaped(value), ...urlEncoded(value)];
	const latin1 = (text: string) => Buffer.from(text, "utf8").toString("latin1");
	const plain = new Set([...texts.map(latin1), ...broken]);
	// Windows shells write UTF-16.
	plain.add(Buffer.from(value, "utf16le").toString("latin1"));
	const folded = new Set(broken.filter((text) => text.length > LINE_CHARACTERS));
	if (WHITE_SPACE.test(value)) folded.add(latin1(value.replace(WHITE_SPACE, "")));
	WHITE_SPACE.lastIndex = 0;
	return { plain, folded };
}
