/** Reading the secrets that words choose, and comparing environments. */
import { expect, test, vi } from "vitest";
import { addEnvironment } from "../../../src/project/members/environments.ts";
import { compareEnvironments } from "../../../src/project/secrets/compare-environments.ts";
import { readSession, setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import { listSecrets, liveValues } from "../../../src/project/secrets/read-secrets.ts";
import { refusalOf } from "../../support/refusal.ts";
import { TestProject } from "../project.ts";

test("words choose secrets, and a word that chooses none is an error", async () => {
	using project = await TestProject.create();
	await project.set({ A_1: "one", A_2: "two", B: "three", GONE: "four" });
	await project.delete("GONE");
	const { session } = await readSession(project.context);
	expect([...(await liveValues(session, ["A_*"]))]).toEqual([
		["A_1", "one"],
		["A_2", "two"],
	]);
	expect((await listSecrets(session, ["B", "A_2"])).map(({ name }) => name)).toEqual(["A_2", "B"]);
	const error = await refusalOf(liveValues(session, ["B", "GONE", "C*"]));
	expect(error.message).toBe("There are no secrets GONE, C* in environment 'production'.");
});

test("names are looked up, so that the other records of a large vault are not parsed", async () => {
	using project = await TestProject.create();
	await project.set({ A: "one", B: "two", C: "three" });
	const { session } = await readSession(project.context);
	const all = vi.spyOn(session.verified.section.records, "values");
	expect([...(await liveValues(session, ["C", "A", "C"]))]).toEqual([
		["A", "one"],
		["C", "three"],
	]);
	expect(all).not.toHaveBeenCalled();
	expect((await liveValues(session, ["C", "A*"])).size).toBe(2);
	expect(all).toHaveBeenCalled();
});

test("a forged deletion of a chosen name is an error, and does not hide the secret", async () => {
	using project = await TestProject.create();
	await project.set({ A_1: "one", A_2: "two", B: "three" });
	const [, signed] = /\nA_1\n(.*)\n/.exec(await project.read()) ?? [];
	const forged = signed?.replace(" live ", " deleted ").replace("v1 ", "v2 ") ?? "";
	await project.write((await project.read()).replace(signed ?? "", forged));
	const { session } = await readSession(project.context);
	for (const words of [["A_*"], ["A_1"], []])
		expect((await refusalOf(liveValues(session, words))).exit).toBe(7);
	expect([...(await liveValues(session, ["B"]))]).toEqual([["B", "three"]]);
});

test("environments are compared by name and value", async () => {
	using project = await TestProject.create();
	await project.set({ SAME: "equal", OTHER: "one", ONLY_HERE: "a", GONE: "x" });
	await project.delete("GONE");
	const preview = { ...project.context, environment: "preview" };
	await addEnvironment(preview);
	await setSecrets(preview, new Map(Object.entries({ SAME: "equal", OTHER: "two", ONLY_THERE: "b" })));
	const first = (await readSession(project.context)).session;
	const second = (await readSession(preview)).session;
	const differences = async (...words: string[]) =>
		Object.fromEntries(
			(await compareEnvironments(first, second, words)).map(({ name, difference }) => [name, difference]),
		);
	expect(await differences()).toEqual({
		ONLY_HERE: "first-only",
		ONLY_THERE: "second-only",
		OTHER: "different",
		SAME: "same",
	});
	expect(await differences("ONLY_*")).toEqual({ ONLY_HERE: "first-only", ONLY_THERE: "second-only" });
	const error = await refusalOf(compareEnvironments(first, second, ["SAME", "GONE"]));
	expect(error.message).toBe("There is no secret GONE in environment 'production' or 'preview'.");
});
