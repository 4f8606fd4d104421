/** Requests as one text, from the gateway to the control plane. */
import { expect, test } from "vitest";
import { type ReadRequest, readRows, rowOf } from "../../../src/platform/data-plane/request-rows.ts";
import type { AnsweredRequest } from "../../../src/platform/gateway/answered-request.ts";

const SINCE_MS = 1_800_000_000_000;
const REQUEST: AnsweredRequest = {
	method: "GET",
	protocol: "HTTP/1.1",
	path: "/shop/pay/x%20y",
	status: 200,
	ms: 1.2345,
	bytes: 5,
	id: "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
	reason: null,
};

function read(text: string): [target: number, request: ReadRequest][] {
	const all: [number, ReadRequest][] = [];
	readRows(text, SINCE_MS, (target, request) => all.push([target, request]));
	return all;
}

test("requests are the same after they were written and read", () => {
	const others: AnsweredRequest[] = [
		{
			...REQUEST,
			method: "M-SEARCH",
			protocol: "HTTP/2",
			status: 504,
			ms: 150_000.001,
			reason: "FUNCTION_TIMEOUT",
		},
		{ ...REQUEST, protocol: "HTTP/1.0", bytes: 10 * 1024 ** 3, ms: 0, path: `/${"x".repeat(30_000)}"\\&` },
		{ ...REQUEST, reason: "CLIENT_GONE", status: 499, path: "-" },
	];
	const all = [REQUEST, ...others];
	const text = all.map((request, index) => rowOf(index, request, 7 * index)).join("");
	expect(read(text)).toEqual(
		all.map((request, index) => [
			index,
			{ ...request, ms: Math.round(request.ms * 1_000) / 1_000, atMs: SINCE_MS + 7 * index },
		]),
	);
	expect(read("")).toEqual([]);
});

test("a request with a field that would be read as two, or as none, gets no row", () => {
	const units = Array.from({ length: 0x180 }, (_, unit) => String.fromCharCode(unit));
	const refused = units.filter((unit) => rowOf(0, { ...REQUEST, path: `/a${unit}b` }, 0) === undefined);
	expect(refused).toEqual(units.filter((unit) => unit <= " " || unit === "#" || unit > "~"));
	for (const text of ["", "a b", "a#b", "\n", "ä"])
		for (const key of ["path", "id", "method", "protocol", "reason"])
			expect(rowOf(0, { ...REQUEST, [key]: text }, 0), `${key}: ${text}`).toBeUndefined();
});
