/** The head of a request to a function. Pure. */
import { isField } from "../syntax/fields.ts";
import type { FunctionRequest } from "./exchange.ts";

/** Methods whose requests have a body as a rule, so that an empty one is declared (RFC 9110, section 8.6). */
export const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

/** Whether a flat list of headers (`[name, value, …]`) has a header. */
export function hasHeader(headers: readonly string[], lowerCaseName: string): boolean {
	for (let index = 0; index < headers.length; index += 2)
		if (isField(headers[index] ?? "", lowerCaseName)) return true;
	return false;
}

/** Control characters, and characters that Latin-1 would truncate to another byte, possibly to a line end. */
const UNSENDABLE = /[^\t\r\n\x20-\xff]/;

/**
 * The request line and the headers, to be written as Latin-1.
 * @param framing the header that says where the body ends, with its line end
 * @throws TypeError if a header cannot be written as Latin-1
 */
export function headOf({ method, target, headers }: FunctionRequest, framing: string): string {
	let text = `${method} ${target} HTTP/1.1\r\n`;
	for (let index = 0; index < headers.length; index += 2)
		text += `${headers[index]}: ${headers[index + 1]}\r\n`;
	if (UNSENDABLE.test(text)) throw new TypeError("A request to a function is not printable Latin-1.");
	return `${text}${framing}connection: keep-alive\r\n\r\n`;
}
