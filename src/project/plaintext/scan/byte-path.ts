/** Paths as bytes: latin1 text, in which one character is one byte. A path of Linux need not be UTF-8. Pure. */
import { Buffer } from "node:buffer";
import { fromUtf8 } from "../../../bytes.ts";

/** The bytes of a path. */
export function toBytePath(path: string | Buffer): string {
	return (typeof path === "string" ? Buffer.from(path, "utf8") : path).toString("latin1");
}

/** The path as the system takes it. */
export function systemPath(path: string): Buffer {
	return Buffer.from(path, "latin1");
}

/** The path as text. Bytes that are not UTF-8 are written as `\xff`. */
export function shownPath(path: string): string {
	const text = fromUtf8(systemPath(path));
	if (text !== undefined) return text;
	return path.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
