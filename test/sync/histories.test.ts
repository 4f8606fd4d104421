/**
 * Histories of records, and how a sync merges them: a record that only one side changed is not a conflict,
 * and a re-encrypted record is not a change.
 */
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppError, EXIT } from "../../src/errors.ts";
import { bindingOf, platformOf, readConfig } from "../../src/project/files/config.ts";
import { addMember } from "../../src/project/members/members.ts";
import { removeMembers } from "../../src/project/members/remove-members.ts";
import { readSession } from "../../src/project/secrets/edit-secrets.ts";
import type { Change } from "../../src/protocol/change.ts";
import type { ChangeEvent } from "../../src/protocol/messages.ts";
import { syncEnvironment } from "../../src/sync/changes/sync.ts";
import { Remote } from "../../src/sync/client/platform-client.ts";
import { prepareRemoval } from "../../src/sync/link/before-removal.ts";
import { unlinkEnvironment } from "../../src/sync/link/unlink.ts";
import { removalDebt } from "../../src/vault/document/removal-debt.ts";
import { contextOf } from "../project/project.ts";
import { linkProject, openTestPlatform, type TestPlatform } from "./linked-fixture.ts";
import { allEqual, type Device, deviceOf, makeTeam } from "./team-fixture.ts";

let platform: TestPlatform;

beforeAll(async () => {
	platform = await openTestPlatform();
});
afterAll(async () => await platform[Symbol.asyncDispose]());

/** A platform that accepts a change, but whose response is lost. */
class LostAnswer extends Remote {
	override async *appendChange(app: string, change: Change): AsyncGenerator<ChangeEvent> {
		for await (const _ of super.appendChange(app, change));
		yield* [];
		throw new AppError({ code: "PLATFORM_ANSWER_CUT", message: "Cut.", hint: "", exit: EXIT.network });
	}
}

test("a lost answer followed by a new value does not lead to a conflict with the own change", async () => {
	using team = await makeTeam(platform, "lost-answer");
	const { ana, ben } = team;
	const whole = team.target;
	for (const value of ["a2", "a3"]) {
		await ana.set({ A: value });
		team.target = { ...whole, remote: new LostAnswer({ url: platform.url, token: platform.core.token }) };
		await expect(ana.sync()).rejects.toMatchObject({ code: "PLATFORM_ANSWER_CUT" });
		team.target = whole;
	}
	await ana.set({ A: "a4" });
	expect(await ana.sync()).toMatchObject({ sent: ["A"] });
	await allEqual(ana, ben);
	expect(await ben.value("A")).toBe("a4");
	expect((await readSession(ana.context)).session.checkout.replaced.size).toBe(0);
});

test("a lost acceptance followed by a removal and a new value does not lead to a conflict with the own change", async () => {
	using team = await makeTeam(platform, "lost-removal");
	const { ana } = team;
	const whole = team.target;
	await ana.set({ A: "a2" });
	team.target = { ...whole, remote: new LostAnswer({ url: platform.url, token: platform.core.token }) };
	await expect(ana.sync()).rejects.toMatchObject({ code: "PLATFORM_ANSWER_CUT" });
	team.target = whole;
	await removeMembers(ana.context, ["carol"]);
	await ana.set({ A: "a3" });
	expect(await ana.sync()).toMatchObject({ sent: ["A", "B"] });
	expect(await ana.value("A")).toBe("a3");
});

test("a clone that re-encrypted a value and then accepted a newer one has no change of its own", async () => {
	using team = await makeTeam(platform, "cloned-epoch");
	const { ana, ben, project } = team;
	await removeMembers(ana.context, ["carol"]);
	const context = contextOf(join(project.folder, "clone-4"), join(project.folder, "state-4"), 4);
	await addMember(ana.context, { ...context.identity.publicKeys, name: "dora", role: "writer" });
	const dora = deviceOf(context, () => team.target);
	await mkdir(context.root);
	await copyFile(join(project.root, "coffer.json"), join(context.root, "coffer.json"));
	await dora.pull(ana);
	await ben.set({ A: "a2" });
	await ben.sync();
	await ana.sync();
	expect(await dora.sync()).toMatchObject({ sent: [], taken: ["A"] });
	expect(await dora.value("A")).toBe("a2");
	await allEqual(ana, ben, dora);
});

/** A platform with hooks: before it gets the first change, and after it has accepted it. */
class Eventful extends Remote {
	readonly #before: () => Promise<unknown>;
	readonly #accepted: () => Promise<unknown>;
	#isFirst = true;

	constructor(url: string, token: string, before: () => Promise<unknown>, accepted: () => Promise<unknown>) {
		super({ url, token });
		this.#before = before;
		this.#accepted = accepted;
	}

	override async *appendChange(app: string, change: Change): AsyncGenerator<ChangeEvent> {
		const isFirst = this.#isFirst;
		this.#isFirst = false;
		if (isFirst) await this.#before();
		for await (const event of super.appendChange(app, change)) {
			yield event;
			if (isFirst && event.type === "accepted") await this.#accepted();
		}
	}
}

test("a conflict that another process has decided meanwhile is not asked about", async () => {
	using team = await makeTeam(platform, "decided-meanwhile");
	const { ana, ben } = team;
	const whole = team.target;
	await ana.set({ D: "d1" });
	const before = async () => {
		team.target = whole;
		await ben.set({ A: "of ben" });
		await ben.sync();
		await ana.set({ A: "of ana" });
	};
	const accepted = () => syncEnvironment(ana.context, whole, { take: () => "platform" });
	team.target = { ...whole, remote: new Eventful(platform.url, platform.core.token, before, accepted) };
	expect(await ana.sync()).toMatchObject({ sent: ["D"] });
	expect(await ana.value("A")).toBe("of ben");
	await allEqual(ana, ben);
});

test("if git brings an older state than the platform has, the newer value is taken", async () => {
	using team = await makeTeam(platform, "behind-git");
	const { ana, ben, carol } = team;
	await ana.set({ A: "a2" });
	await ana.sync();
	await carol.pull(ana);
	await ana.set({ A: "a3" });
	await ana.sync();
	expect(await carol.sync()).toMatchObject({ taken: ["A"], rolledBack: [] });
	await allEqual(ana, ben, carol);
});

describe("a removal", () => {
	test("a colleague's pending change is sent with the new key, and stays a removal debt", async () => {
		using team = await makeTeam(platform, "pending-colleague");
		const { ana, ben } = team;
		await ben.set({ A: "a2" });
		await prepareRemoval(ana.context, team.target, ["carol"]);
		await removeMembers(ana.context, ["carol"]);
		await ana.sync();
		expect(await ben.sync()).toMatchObject({ sent: ["A"] });
		await allEqual(ana, ben);
		expect(await ana.value("A")).toBe("a2");
		expect((await team.log()).slice(-2)).toEqual([["A v1 live 2", "B v1 live 2"], ["A v2 live 2"]]);
		// The removed member still had the key when the value was set, and may have got the value through git.
		const { session } = await readSession(ana.context);
		expect(removalDebt(session.verified)).toEqual([{ member: "carol", epoch: 2, names: ["A", "B"] }]);
	});

	test("changes that the removed member and a colleague append at the last moment are accepted and re-encrypted", async () => {
		using team = await makeTeam(platform, "last-moment");
		const { ana, ben, carol } = team;
		await prepareRemoval(ana.context, team.target, ["carol"]);
		await removeMembers(ana.context, ["carol"]);
		await carol.set({ A: "a2", NEW: "n1" });
		await carol.sync();
		await ben.set({ B: "b2" });
		await ben.sync();
		expect(await ana.sync()).toMatchObject({ taken: ["A", "B", "NEW"] });
		await allEqual(ana, ben);
		expect(await ben.versions()).toEqual({ A: 2, B: 2, NEW: 1 });
		for (const [name, value] of Object.entries({ A: "a2", B: "b2", NEW: "n1" }))
			expect(await ben.value(name)).toBe(value);
		expect((await team.log()).at(-1)).toEqual(["A v2 live 2", "B v2 live 2", "NEW v1 live 2"]);
		await expect(carol.sync()).rejects.toMatchObject({ exit: EXIT.unauthorised });
		const { session } = await readSession(ben.context);
		expect(removalDebt(session.verified)[0]?.names).toEqual(["A", "B", "NEW"]);
	});

	test("that git brings before the platform has it: re-encrypted values keep their versions", async () => {
		using team = await makeTeam(platform, "git-first");
		const { ana, ben } = team;
		await ben.set({ B: "b2" });
		await ben.sync();
		await ana.sync();
		await removeMembers(ana.context, ["carol"]);
		await ben.pull(ana);
		expect(await ben.sync()).toMatchObject({ sent: ["A", "B"], redeployed: [] });
		expect(await ben.versions()).toEqual({ A: 1, B: 2 });
		await allEqual(ana, ben);
	});

	test("that git brings, and another value that the platform got meanwhile: the value is kept", async () => {
		using team = await makeTeam(platform, "git-and-value");
		const { ana, ben, carol } = team;
		await removeMembers(ana.context, ["carol"]);
		await carol.set({ A: "a2" });
		await carol.sync();
		await ben.pull(ana);
		expect(await ben.sync()).toMatchObject({ taken: ["A"] });
		await allEqual(ana, ben);
		expect(await ana.value("A")).toBe("a2");
		expect(await ana.versions()).toEqual({ A: 2, B: 1 });
	});
});

describe("unlinked", () => {
	const bindingIn = async ({ context }: Device) =>
		platformOf(bindingOf(await readConfig(context.root), "production"));

	test("an unlinked platform cannot decrypt later values; after a new link only changed values are changes", async () => {
		using team = await makeTeam(platform, "unlinked");
		const { ana, ben } = team;
		const binding = await bindingIn(ana);
		if (!binding) throw new Error("no binding");
		await ben.set({ B: "b2" });
		await ben.sync();
		const { removal, warnings } = await unlinkEnvironment(ana.context, binding, async () => team.target);
		expect(warnings).toEqual([]);
		expect(removal).toMatchObject({ epoch: 2, resealed: 2 });
		expect(removal?.debt[0]?.names).toEqual(["A", "B"]);
		expect(await bindingIn(ana)).toBeUndefined();
		expect(await ana.value("B")).toBe("b2");
		await ana.set({ A: "a2", NEW: "n1" });

		team.target = await linkProject(platform, ana.context, "unlinked");
		expect((await team.log()).at(-1)).toEqual(["A v2 live 2", "B v2 live 2", "NEW v1 live 2"]);
		await ben.pull(ana);
		await allEqual(ana, ben);
		expect(await ben.versions()).toEqual({ A: 2, B: 2, NEW: 1 });
	});

	test("after a new link from another clone, re-encrypted values are neither conflicts nor changes", async () => {
		using team = await makeTeam(platform, "relinked-elsewhere");
		const { ana, ben } = team;
		const binding = await bindingIn(ana);
		if (!binding) throw new Error("no binding");
		await unlinkEnvironment(ana.context, binding, async () => team.target);
		await ana.set({ NEW: "n1" });
		const fresh = deviceOf(
			contextOf(join(team.project.folder, "fresh"), join(team.project.folder, "fresh-state"), 2),
			() => team.target,
		);
		await mkdir(fresh.context.root);
		await fresh.pull(ana);
		team.target = await linkProject(platform, fresh.context, "relinked-elsewhere");
		expect((await team.log()).at(-1)).toEqual(["A v1 live 2", "B v1 live 2", "NEW v1 live 2"]);
		await ben.pull(fresh);
		await allEqual(fresh, ben);
	});
});
