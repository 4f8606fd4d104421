/** The tests that every kind of target must pass. Each kind runs them in its own test file. */
import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { boundId } from "../../../src/targets/linked.ts";
import { describeCommands } from "./commands-contract.ts";
import { type TargetFixture, VALUE } from "./place.ts";

/** Registers the tests for a kind of target. */
export function describeTarget(name: string, open: () => Promise<TargetFixture>): void {
	describe(`${name}: the kind of target`, () => {
		test("identifies a place as its binding in coffer.json does", async () => {
			await using place = await open();
			const { app, kind, origin } = place.id;
			expect(place.kind.identify(origin, app)).toEqual({ kind: place.kind.name, origin, app });
			expect(boundId({ kind, url: origin, app, vault: "" })).toEqual(place.id);
			expect(place.kind.appId.test(app)).toBe(true);
			for (const part of app.split(/[/:]/)) expect(place.kind.linkCommand(place.id)).toContain(part);
		});

		test("sets, lists and deletes names of every form; a missing name is deleted without an error", async () => {
			await using place = await open();
			const odd = place.oddName ?? "__proto__";
			const target = place.kind.connect(place.id, { credential: place.credential });
			expect(await target.list()).toEqual([]);
			await target.set(
				new Map([
					["A", VALUE],
					[odd, "two\nlines"],
				]),
			);
			await target.set(new Map([["B", ""]]));
			expect((await target.list()).sort()).toEqual(["A", "B", odd].sort());
			expect(place.secrets().get(odd)).toBe("two\nlines");
			await target.delete([odd, "NEVER_SET"]);
			await target.delete(["NEVER_SET"]);
			expect([...place.secrets()].sort()).toEqual([
				["A", VALUE],
				["B", ""],
			]);
		});

		test("fails with an AppError that contains no value", async () => {
			await using place = await open();
			await place.goAway();
			const target = place.kind.connect(place.id, { credential: place.credential });
			const error = await target.set(new Map([["A", VALUE]])).catch((thrown: unknown) => thrown);
			expect(error).toBeInstanceOf(AppError);
			expect(error).toMatchObject({ exit: 6 });
			expect(JSON.stringify(error) + String((error as AppError).stack)).not.toContain(VALUE);
		});
	});
	describeCommands(name, open);
}
