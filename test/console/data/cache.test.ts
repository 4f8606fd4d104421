import { describe, expect, test, vi } from "vitest";
import { Cache } from "../../../src/console/data/cache.ts";
import { failureOf } from "../../../src/console/data/failure.ts";

/** A cache whose answers the test gives. */
function openCache() {
	const waiting: { path: string; answer: (value: unknown) => void; fail: (error: Error) => void }[] = [];
	const cache = new Cache((path) => new Promise((answer, fail) => void waiting.push({ path, answer, fail })));
	const next = () => {
		const found = waiting.shift();
		if (found === undefined) throw new Error("Nothing was asked for.");
		return found;
	};
	return { cache, waiting, next };
}

describe("an answer", () => {
	test("stays while the next one is on its way, and while that fails", async () => {
		const { cache, next } = openCache();
		const resource = cache.at("/a");
		const first = resource.refresh();
		next().answer(1);
		await first;
		const second = resource.refresh();
		expect(resource.value).toMatchObject({ value: 1, isLoading: true });
		next().fail(failureOf(500, "{}"));
		await second;
		expect(resource.value).toMatchObject({ value: 1, isLoading: false, failure: { kind: "problem" } });
	});

	test("that was asked for twice at once is asked for once more afterwards, and not oftener", async () => {
		const { cache, next, waiting } = openCache();
		const resource = cache.at("/a");
		const all = [resource.refresh(), resource.refresh(), resource.refresh()];
		next().answer(1);
		await vi.waitFor(() => expect(waiting).toHaveLength(1));
		next().answer(2);
		await Promise.all(all);
		expect(resource.value).toEqual({ value: 2, failure: undefined, isLoading: false });
		expect(waiting).toEqual([]);
	});

	test("is asked for again only if somebody has asked for it before", () => {
		const { cache, waiting } = openCache();
		cache.at("/a");
		cache.refreshKnown(["/a", "/b"]);
		expect(waiting.map(({ path }) => path)).toEqual(["/a"]);
	});
});

describe("a failure", () => {
	test("has the words of the platform's problem", () => {
		const body = JSON.stringify({ code: "APP_NOT_FOUND", detail: "There is no app.", hint: "List them." });
		expect(failureOf(404, body)).toMatchObject({
			...{ kind: "problem", code: "APP_NOT_FOUND", message: "There is no app.", hint: "List them." },
		});
	});

	test("without a problem has the status, whatever the body is", () => {
		for (const body of ["", "<html>", "null", "[]", '{"detail": 1}']) {
			expect(failureOf(502, body).message).toBe("The platform answered with status 502.");
		}
		expect(failureOf(401, "").kind).toBe("ended");
		expect(failureOf(403, "").kind).toBe("denied");
	});
});
