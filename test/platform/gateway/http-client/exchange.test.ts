import { describe, expect, test } from "vitest";
import {
	FunctionExchange,
	type FunctionRequest,
	type ResponseHandler,
} from "../../../../src/platform/gateway/http-client/exchange.ts";
import { PROBLEMS } from "../../../../src/platform/gateway/problem.ts";

const REQUEST: FunctionRequest = {
	method: "GET",
	target: "/",
	headers: [],
	body: null,
	maxBodyBytes: 0,
	timeoutMs: 1,
	requestId: "id",
};

/** A handler that records its calls and throws at the first `throwing` of them. */
function record(throwing: number) {
	const calls: unknown[] = [];
	const called = (call: unknown) => {
		if (calls.push(call) <= throwing) throw new Error("handler");
	};
	const handler: ResponseHandler = {
		onHead: () => {},
		onData: () => {},
		onRead: () => {},
		onEnd: () => called("end"),
		onFailed: (failure) => called(failure),
	};
	return { calls, exchange: new FunctionExchange(REQUEST, handler) };
}

describe("an exchange whose handler throws", () => {
	test("at the end of the response is reported as failed, once", () => {
		const { calls, exchange } = record(1);
		expect(() => exchange.end()).toThrow("handler");
		expect(calls).toEqual(["end", PROBLEMS.internal]);
		exchange.fail(PROBLEMS.broken);
		exchange.end();
		expect(calls).toHaveLength(2);
	});

	test("at a failure is reported as failed again", () => {
		const { calls, exchange } = record(1);
		expect(() => exchange.fail("unsent")).toThrow("handler");
		expect(calls).toEqual(["unsent", "unsent"]);
	});
});

test("an exchange ends once", () => {
	const { calls, exchange } = record(0);
	exchange.end();
	exchange.fail(PROBLEMS.broken);
	exchange.abort();
	expect(calls).toEqual(["end"]);
	expect(exchange.isOver).toBe(true);
});
