/** Names and values that a product does not store are refused, by name, before anything is sent. */
import { describe, expect, test } from "vitest";
import { readSession } from "../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../src/project/session/session.ts";
import { cloudflareRefusal } from "../../src/targets/cloudflare/limits.ts";
import { githubRefusal } from "../../src/targets/github/limits.ts";
import { SUPABASE, SUPABASE_ORIGIN } from "../../src/targets/supabase/kind.ts";
import { supabaseRefusal } from "../../src/targets/supabase/limits.ts";
import { pendingAtTarget, syncTarget } from "../../src/targets/sync.ts";
import type { SecretTarget } from "../../src/targets/target.ts";
import { TestProject } from "../project/project.ts";

describe("what a product stores", () => {
	const cases: [string, typeof githubRefusal, string, string | undefined, RegExp | undefined][] = [
		["Supabase", supabaseRefusal, "API_KEY", "x".repeat(24_576), undefined],
		["Supabase", supabaseRefusal, "supabase_x", "v", undefined],
		["Supabase", supabaseRefusal, "SUPABASE_URL", "v", /reserves/],
		["Supabase", supabaseRefusal, "SUPABASE_URL", undefined, /reserves/],
		["Supabase", supabaseRefusal, "API_KEY", "x".repeat(24_577), /24577 characters/],
		["GitHub", githubRefusal, "_A1", "x".repeat(49_152), undefined],
		["GitHub", githubRefusal, "GITHUB_TOKEN", "v", /reserves/],
		["GitHub", githubRefusal, "github_token", undefined, /reserves/],
		["GitHub", githubRefusal, "1A", "v", /digit/],
		["GitHub", githubRefusal, "apiKey", "v", /capital/],
		["GitHub", githubRefusal, "A", "é".repeat(24_577), /49154 bytes/],
		["Cloudflare", cloudflareRefusal, "anyName", "x".repeat(5120), undefined],
		["Cloudflare", cloudflareRefusal, "A", "é".repeat(2561), /5122 bytes/],
	];
	test.each(cases)("%s: %o %s", (_, refusal, name, value, reason) => {
		const said = refusal(name, value);
		if (reason === undefined) expect(said).toBeUndefined();
		else expect(said).toMatch(reason);
	});
});

/** A target that records what it is asked, and has names that it cannot store at present. */
async function setUp(taken: readonly string[] = []) {
	const project = await TestProject.create();
	const calls: string[] = [];
	const app = "abcdefghijklmnopqrst";
	const place: SecretTarget = {
		id: { kind: "supabase", origin: SUPABASE_ORIGIN, app },
		list: async () => [],
		set: async (values) => void calls.push(`set ${[...values.keys()].join(" ")}`),
		delete: async (names) => void calls.push(`delete ${names.join(" ")}`),
		refusals: async (names) =>
			new Map(names.filter((name) => taken.includes(name)).map((name) => [name, "is in use"])),
	};
	const binding = async (context: SessionContext) => {
		const { vaultId } = (await readSession(context)).session.place;
		return { kind: "supabase", url: SUPABASE_ORIGIN, app, vault: vaultId };
	};
	const sync = async () =>
		syncTarget(
			project.context,
			{ kind: SUPABASE, binding: await binding(project.context) },
			async () => place,
			{ list: false },
		);
	const pending = async () =>
		pendingAtTarget((await readSession(project.context)).session, await binding(project.context));
	return { project, calls, sync, pending };
}

describe("a sync", () => {
	test("sends nothing if one of the names is refused, and says which and why", async () => {
		const { project, calls, sync, pending } = await setUp();
		using _ = project;
		await project.set({ A: "1", SUPABASE_URL: "x", LARGE: "x".repeat(30_000) });
		await expect(sync()).rejects.toMatchObject({
			code: "TARGET_REFUSES",
			exit: 2,
			names: ["LARGE", "SUPABASE_URL"],
			message: expect.stringMatching(
				/LARGE has 30000 characters.*SUPABASE_URL begins with.*Nothing was sent/,
			),
		});
		expect(calls).toEqual([]);
		expect(await pending()).toEqual(["A", "LARGE", "SUPABASE_URL"]);
	});

	test("sends nothing if the target says that it cannot store a name at present", async () => {
		const { project, calls, sync } = await setUp(["B"]);
		using _ = project;
		const many = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`N${at}`, "v"]));
		await project.set({ ...many, B: "1" });
		await expect(sync()).rejects.toMatchObject({ code: "TARGET_REFUSES", names: ["B"] });
		expect(calls).toEqual([]);
	});

	test("never deletes a name that the product reserves: this device has not set it", async () => {
		const { project, calls, sync, pending } = await setUp();
		using _ = project;
		await project.set({ A: "1", B: "1", C: "1" });
		await sync();
		await project.set({ SUPABASE_URL: "x" });
		await expect(sync()).rejects.toMatchObject({ code: "TARGET_REFUSES" });
		await project.delete("SUPABASE_URL");
		await project.delete("B");
		await project.delete("C");
		expect(await sync()).toMatchObject({ deleted: ["B", "C"] });
		expect(calls).toEqual(["set A B C", "delete B C"]);
		expect(await pending()).toEqual([]);
	});
});
