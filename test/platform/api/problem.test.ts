import { describe, expect, test } from "vitest";
import { AppError, EXIT } from "../../../src/errors.ts";
import { problemResponse } from "../../../src/platform/api/problem.ts";
import { errorFromProblem } from "../../../src/protocol/problem.ts";

const conflict = new AppError({
	code: "CHANGE_STALE",
	message: "Stale.",
	hint: "Merge.",
	exit: EXIT.conflict,
});

describe("problemResponse", () => {
	test("returns a problem document that the client can parse", async () => {
		const response = problemResponse(conflict);
		expect(response.status).toBe(409);
		expect(response.headers.get("content-type")).toBe("application/problem+json");
		expect(response.headers.get("cache-control")).toBe("no-store");
		expect(errorFromProblem(response.status, await response.json()).toJSON()).toEqual(conflict.toJSON());
	});

	test("adds further members, which cannot replace its own", async () => {
		const body = (await problemResponse(conflict, { revision: 7, status: 200, code: "X" }).json()) as object;
		expect(body).toMatchObject({ revision: 7, status: 409, code: "CHANGE_STALE" });
	});

	test("asks for a token if the request has none", () => {
		const missing = new AppError({ code: "TOKEN_MISSING", message: "m", hint: "h", exit: EXIT.unauthorised });
		expect(problemResponse(missing).headers.get("www-authenticate")).toBe("Bearer");
		expect(problemResponse(conflict).headers.get("www-authenticate")).toBeNull();
	});

	test("contains no details of an unexpected error", async () => {
		for (const thrown of [new Error("canary"), "canary", { message: "canary" }, undefined]) {
			const response = problemResponse(thrown);
			const text = await response.text();
			expect(response.status).toBe(500);
			expect(text).not.toContain("canary");
			expect(errorFromProblem(500, JSON.parse(text))).toMatchObject({ code: "INTERNAL_ERROR", exit: 1 });
		}
	});
});
