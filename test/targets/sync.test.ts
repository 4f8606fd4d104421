/**
 * What is sent to a target, and what is remembered of it, in a real project with a target that the test
 * controls.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AppError, EXIT } from "../../src/errors.ts";
import type { TargetBinding } from "../../src/project/files/config.ts";
import { inheritMemory } from "../../src/project/members/inherit-memory.ts";
import { readTargetMemory, type TargetId } from "../../src/project/memory/target-memory.ts";
import { readSession } from "../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../src/project/session/session.ts";
import { BASE44, BASE44_ORIGIN } from "../../src/targets/base44/kind.ts";
import { forgetTarget, pendingAtTarget, syncTarget } from "../../src/targets/sync.ts";
import type { SecretTarget } from "../../src/targets/target.ts";
import { contextOf, TestProject } from "../project/project.ts";

const AWAY = new AppError({ code: "AWAY", message: "Away.", hint: "Wait.", exit: EXIT.network });

class FakeTarget implements SecretTarget {
	readonly id: TargetId = { kind: "base44", origin: BASE44_ORIGIN, app: "shop" };
	readonly secrets = new Map<string, string>();
	readonly calls: string[] = [];
	/** Throws before or after a call takes effect. */
	before: (call: string) => void = () => undefined;
	after: (call: string) => void = () => undefined;

	async list(): Promise<string[]> {
		this.#call("list");
		return [...this.secrets.keys()];
	}

	async set(values: ReadonlyMap<string, string>): Promise<void> {
		const call = `set ${[...values.keys()].join(" ")}`;
		this.#call(call);
		for (const [name, value] of values) this.secrets.set(name, value);
		this.after(call);
	}

	async delete(names: readonly string[]): Promise<void> {
		const call = `delete ${names.join(" ")}`;
		this.#call(call);
		for (const name of names) this.secrets.delete(name);
		this.after(call);
	}

	take(): string[] {
		return this.calls.splice(0);
	}

	#call(call: string): void {
		this.calls.push(call);
		this.before(call);
	}
}

async function bindingOf(context: SessionContext): Promise<TargetBinding> {
	const { vaultId } = (await readSession(context)).session.place;
	return { kind: "base44", url: BASE44_ORIGIN, app: "shop", vault: vaultId };
}

async function setUp(secrets: Record<string, string> = {}) {
	const project = await TestProject.create();
	await project.set(secrets);
	const place = new FakeTarget();
	const binding = await bindingOf(project.context);
	const sync = (list = false, takeLocal?: (name: string) => boolean) =>
		syncTarget(project.context, { kind: BASE44, binding }, async () => place, { list, takeLocal });
	const pending = async () => pendingAtTarget((await readSession(project.context)).session, binding);
	return { project, place, binding, sync, pending };
}

describe("a request that fails", () => {
	test("is recorded as sent only if it succeeded, and is otherwise sent again", async () => {
		const { project, place, sync, pending } = await setUp({ A: "1", B: "1" });
		using _ = project;
		place.after = () => {
			throw AWAY;
		};
		await expect(sync()).rejects.toBe(AWAY);
		expect(place.secrets.get("A")).toBe("1");
		expect(await pending()).toEqual(["A", "B"]);
		place.after = () => undefined;
		expect(await sync()).toMatchObject({ sent: ["A", "B"] });
		expect(place.take()).toEqual(["set A B", "set A B"]);
		expect([await pending(), await sync(), place.take()]).toMatchObject([[], { sent: [] }, []]);
	});

	test("does not affect the requests before it", async () => {
		const many = Object.fromEntries(
			Array.from({ length: 120 }, (_, at) => [`N${String(at).padStart(3, "0")}`, "v"]),
		);
		const { project, place, sync, pending } = await setUp(many);
		using _ = project;
		place.before = (call) => {
			if (call.includes("N100")) throw AWAY;
		};
		await expect(sync()).rejects.toBe(AWAY);
		expect(place.secrets.size).toBe(100);
		expect((await pending()).length).toBe(20);
		place.before = () => undefined;
		expect((await sync()).sent).toHaveLength(20);
	});

	test("for a deletion is made again, even if no request that set the value was acknowledged", async () => {
		const { project, place, sync } = await setUp({ KEPT: "1" });
		using _ = project;
		await sync();
		await project.set({ A: "1" });
		place.after = () => {
			throw AWAY;
		};
		await expect(sync()).rejects.toBe(AWAY);
		await project.delete("A");
		await expect(sync()).rejects.toBe(AWAY);
		place.after = () => undefined;
		place.take();
		expect(await sync()).toMatchObject({ deleted: ["A"] });
		expect([place.take(), [...place.secrets.keys()]]).toEqual([["delete A"], ["KEPT"]]);
	});
});

test("a forged tombstone is ignored: nothing is sent or recorded", async () => {
	const { project, place, sync } = await setUp({ A: "1", B: "1" });
	using _ = project;
	await project.delete("B");
	const forged = (await project.read()).replace(/^B\nv2 deleted /m, "B\nv9 deleted ");
	await project.write(forged);
	await expect(sync()).rejects.toMatchObject({ exit: 7 });
	expect(place.take()).toEqual([]);
});

test("large values are sent in several requests", async () => {
	const large = "x".repeat(60_000);
	const values = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`N${at}`, large]));
	const { project, place, sync } = await setUp(values);
	using _ = project;
	expect((await sync()).sent).toHaveLength(20);
	expect(place.take().length).toBeGreaterThan(2);
});

test("a name that was deleted before anything was sent stays at the target; a later deletion is sent", async () => {
	const { project, place, sync } = await setUp({ OLD: "1", A: "1" });
	using _ = project;
	await project.delete("OLD");
	place.secrets.set("OLD", "somebody's");
	expect(await sync(true)).toMatchObject({ sent: ["A"], deleted: [], foreign: ["OLD"] });
	await project.set({ OLD: "2" });
	await project.delete("OLD");
	expect(await sync()).toMatchObject({ sent: [], deleted: ["OLD"] });
	expect([...place.secrets.keys()]).toEqual(["A"]);
});

test("of two concurrent values the target gets the later one", async () => {
	const { project, place, sync } = await setUp({ A: "0" });
	using _ = project;
	const work = Array.from({ length: 8 }, async (_, at) => {
		await project.set({ A: `value-${at}` });
		await sync();
	});
	await Promise.all(work);
	const { session } = await readSession(project.context);
	expect(place.secrets.get("A")).toBe(session.value("A"));
});

test("syncs of one device run one after the other, and none repeats another's requests", async () => {
	const { project, place, sync } = await setUp({ A: "0" });
	using _ = project;
	await Promise.all([sync(), sync(), sync()]);
	expect(place.take()).toEqual(["set A"]);
});

test("another working copy on this device continues from the sent state, and does not send older records", async () => {
	const { project, place, sync, binding } = await setUp({ A: "1" });
	using _ = project;
	await sync();
	const before = await project.read();
	await project.set({ A: "2" });
	await sync();
	place.take();
	const other = { ...project.context, root: join(project.folder, "other") };
	mkdirSync(other.root);
	writeFileSync(join(other.root, "coffer.vault"), before);
	const run = (takeLocal?: () => boolean) =>
		syncTarget(other, { kind: BASE44, binding }, async () => place, { list: false, takeLocal });
	expect(await run()).toMatchObject({ sent: [], rolledBack: ["A"] });
	expect(place.take()).toEqual([]);
	expect(await run(() => true)).toMatchObject({ sent: ["A"], rolledBack: [] });
	expect(place.secrets.get("A")).toBe("1");
	expect(await sync()).toMatchObject({ sent: ["A"] });
	expect(place.secrets.get("A")).toBe("2");
});

test("a binding for another vault or app asks for no key", async () => {
	const { project, binding, sync } = await setUp({ A: "1" });
	using _ = project;
	await sync();
	const connect = () => Promise.reject(new Error("It was asked for a connection."));
	const tried = (changed: Partial<TargetBinding>) =>
		syncTarget(project.context, { kind: BASE44, binding: { ...binding, ...changed } }, connect, {
			list: false,
		});
	await expect(tried({ vault: "A".repeat(43) })).rejects.toMatchObject({ code: "LINK_FOREIGN", exit: 7 });
	await expect(tried({ app: "other" })).rejects.toMatchObject({ code: "TARGET_MOVED", exit: 7 });
	await expect(tried({ url: "https://evil.example.com" })).rejects.toMatchObject({
		code: "TARGET_MOVED",
		exit: 7,
	});
	await expect(tried({ url: "http://app.base44.com" })).rejects.toMatchObject({
		code: "TARGET_URL_INSECURE",
	});
	await forgetTarget((await readSession(project.context)).session, binding);
	await expect(tried({ url: "https://evil.example.com" })).rejects.toMatchObject({
		code: "TARGET_UNKNOWN",
		exit: 3,
	});
});

test("the stored state contains no value, is private, and is transferred to the next identity", async () => {
	const { project, sync, binding } = await setUp({ A: "canary-value-5512" });
	using _ = project;
	await sync();
	const { session } = await readSession(project.context);
	const folder = join(project.context.stateFolder, session.place.vaultId, "production");
	const name =
		readdirSync(folder).find((each) => each.startsWith("targets-") && each.endsWith(".json")) ?? "";
	const text = readFileSync(join(folder, name), "utf8");
	expect(text).not.toContain("canary");
	const next = contextOf(project.root, project.context.stateFolder, 2);
	await inheritMemory(project.context, next, session.place.vaultId);
	const place = { ...session.place, member: next.member, stateKey: next.identity.stateKey };
	expect(await readTargetMemory(place)).toEqual(await readTargetMemory(session.place));
	writeFileSync(join(folder, name), text.replace("shop", "evil"));
	await expect(sync()).rejects.toMatchObject({ code: "STATE_DAMAGED", exit: 7 });
	await expect(pendingAtTarget(session, binding)).rejects.toMatchObject({ code: "STATE_DAMAGED" });
});
