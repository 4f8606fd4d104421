/** The lines of the request log, as text. */
import { expect, test } from "vitest";
import type { RequestLine } from "../../../src/platform/logs/function-logs.ts";
import { REQUEST_LINES } from "../../../src/platform/logs/line-kind.ts";

const POSITION = "000000001.000000001";
const LINE: RequestLine = {
	...{ time: "2026-01-01T00:00:00.000Z", method: "GET", path: "/shop/pay", status: 200, ms: 1.5, bytes: 5 },
	...{ id: "id-1", reason: null, protocol: "HTTP/1.1" },
};

test("a line is JSON of the same values, whatever characters they have", () => {
	const units = Array.from({ length: 0x110 }, (_, unit) => String.fromCharCode(unit));
	for (const text of [...units, "\u2028", "\ud800", "", 'a"b\\c'])
		for (const key of ["path", "id", "method", "reason", "automation"] as const) {
			const line = { ...LINE, [key]: text };
			expect(JSON.parse(REQUEST_LINES.write(line, POSITION))).toEqual({ ...line, position: POSITION });
		}
});

test("a line without a version of HTTP and without a reason names none", () => {
	const { protocol, ...line } = LINE;
	expect(protocol).toBeDefined();
	expect(JSON.parse(REQUEST_LINES.write({ ...line, protocol: undefined }, POSITION))).toEqual({
		...line,
		position: POSITION,
	});
});
