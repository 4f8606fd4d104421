import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AppError, EXIT, type ExitStatus } from "../../src/errors.ts";
import { errorFromProblem, problemFromError } from "../../src/protocol/problem.ts";

const error = (code: string, exit: ExitStatus, more: { line?: number; data?: unknown } = {}) =>
	new AppError({ code, message: "What is wrong.", hint: "What to do.", exit, ...more });

describe("problemFromError", () => {
	test("has a status for each exit status, and another one for some codes", () => {
		const statuses = Object.entries(EXIT).map(([name, exit]) => [
			name,
			problemFromError(error("SOME_CODE", exit)).status,
		]);
		expect(Object.fromEntries(statuses)).toEqual({
			ok: 500,
			failure: 500,
			usage: 400,
			unauthorised: 403,
			notFound: 404,
			conflict: 409,
			network: 502,
			integrity: 422,
			found: 500,
			run: 500,
		});
		expect(problemFromError(error("TOKEN_MISSING", EXIT.unauthorised)).status).toBe(401);
		expect(problemFromError(error("BODY_TOO_LARGE", EXIT.usage)).status).toBe(413);
		expect(problemFromError(error("TOO_MANY_REQUESTS", EXIT.unauthorised)).status).toBe(429);
		expect(problemFromError(error("STORE_CLOSED", EXIT.failure)).status).toBe(503);
		expect(problemFromError(error("constructor", EXIT.usage)).status).toBe(400);
	});

	test("returns a complete problem document without the error's data", () => {
		const { body } = problemFromError(
			error("APP_NOT_FOUND", EXIT.notFound, { line: 3, data: { secret: "x" } }),
		);
		expect(body).toEqual({
			type: "urn:coffer:problem:APP_NOT_FOUND",
			title: "Not Found",
			status: 404,
			detail: "What is wrong.",
			code: "APP_NOT_FOUND",
			hint: "What to do.",
			exit: 4,
			line: 3,
		});
		expect("line" in problemFromError(error("X", EXIT.usage)).body).toBe(false);
	});
});

describe("errorFromProblem", () => {
	const sent = problemFromError(error("APP_NOT_FOUND", EXIT.notFound)).body;

	test("returns the error that was sent", () => {
		const printableText = fc
			.string({ unit: "grapheme", minLength: 1 })
			.filter((text) => !/[^\P{C}]|[\p{Zl}\p{Zp}]/u.test(text));
		const errorOf = fc.record({
			code: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,63}$/),
			message: printableText,
			hint: printableText,
			exit: fc.constantFrom<ExitStatus[]>(1, 2, 3, 4, 5, 6, 7),
			line: fc.option(fc.integer({ min: 1, max: 10_000 }), { nil: undefined }),
		});
		fc.assert(
			fc.property(errorOf, ({ line, ...rest }) => {
				const before = new AppError(line === undefined ? rest : { ...rest, line });
				const { status, body } = problemFromError(before);
				const after = errorFromProblem(status, JSON.parse(JSON.stringify(body)));
				expect(after).toBeInstanceOf(AppError);
				expect(after.toJSON()).toEqual(before.toJSON());
			}),
		);
	});

	test("keeps the lines and backslashes of a function's error, and removes terminal control characters", () => {
		const detail = "TypeError: C:\\x\n\tat a.ts:1\r\u001b[31mred\u001b]0;t\u0007\u202eevil\u2028\u0000\u009b";
		const { message, hint } = errorFromProblem(500, { ...sent, detail, hint: "\u001b[2J" });
		expect(message).toBe(
			"TypeError: C:\\x\n at a.ts:1\ufffd\ufffd[31mred\ufffd]0;t\ufffd\ufffdevil\ufffd\ufffd\ufffd",
		);
		expect(hint).toBe("\ufffd[2J");
	});

	test("shortens texts that are too long", () => {
		const { message, hint } = errorFromProblem(500, {
			...sent,
			detail: "d".repeat(1e6),
			hint: "h".repeat(1e6),
		});
		expect([message.length, hint.length]).toEqual([64 * 1024, 2000]);
		expect(message.endsWith("d…")).toBe(true);
	});

	test("does not trust a body that is not a problem document of a platform", () => {
		const bodies: unknown[] = [
			undefined,
			null,
			"<html>",
			[],
			{},
			{ type: "about:blank", title: "Bad Gateway", status: 502, detail: "a proxy's" },
			{ ...sent, exit: 0 },
			{ ...sent, exit: 125 },
			{ ...sent, exit: 8 },
			{ ...sent, exit: "4" },
			{ ...sent, code: "" },
			{ ...sent, code: "lower" },
			{ ...sent, code: `A${"B".repeat(64)}` },
			{ ...sent, code: "A\nB" },
			{ ...sent, detail: "" },
			{ ...sent, detail: 4 },
			{ ...sent, hint: undefined },
			{ ...sent, line: 0 },
			{ ...sent, line: 1.5 },
		];
		for (const body of bodies) {
			expect(errorFromProblem(502, body)).toMatchObject({ code: "PLATFORM_ANSWER_UNKNOWN", exit: 6 });
			expect(errorFromProblem(502, body).message).toContain("502");
		}
	});

	test("never throws", () => {
		fc.assert(
			fc.property(fc.integer(), fc.anything(), (status, body) => {
				expect(errorFromProblem(status, body)).toBeInstanceOf(AppError);
			}),
		);
	});
});
