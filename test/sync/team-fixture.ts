/** Three writers of one environment, each on their own machine, linked with one app. */
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { addMember } from "../../src/project/members/members.ts";
import { getSecret, readSession, setSecrets } from "../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../src/project/session/session.ts";
import { type SyncOutcome, syncEnvironment } from "../../src/sync/changes/sync.ts";
import type { LinkTarget } from "../../src/sync/client/link-target.ts";
import { contextOf, TestProject } from "../project/project.ts";
import { linkProject, type TestPlatform } from "./linked-fixture.ts";

/** One person's working copy, on its own machine. */
export interface Device {
	readonly context: SessionContext;
	set(secrets: Record<string, string>): Promise<unknown>;
	sync(): Promise<SyncOutcome>;
	value(name: string): Promise<string>;
	versions(): Promise<Record<string, number>>;
	/** Takes the vault of another device, as git does. */
	pull(from: Device): Promise<void>;
	vault(): Promise<string>;
}

export function deviceOf(context: SessionContext, target: () => LinkTarget): Device {
	const path = join(context.root, "coffer.vault");
	const session = async () => (await readSession(context)).session;
	return {
		context,
		set: (secrets) => setSecrets(context, new Map(Object.entries(secrets))),
		sync: () => syncEnvironment(context, target()),
		value: async (name) => getSecret(await session(), name).value,
		versions: async () => {
			const { records } = (await session()).verified.section;
			return Object.fromEntries([...records.values()].map(({ name, version }) => [name, version]));
		},
		pull: (from) => copyFile(join(from.context.root, "coffer.vault"), path),
		vault: () => readFile(path, "utf8"),
	};
}

export interface Team extends Disposable {
	readonly project: TestProject;
	readonly ana: Device;
	readonly ben: Device;
	readonly carol: Device;
	target: LinkTarget;
	/** The names and versions in each revision of the log. */
	log(): Promise<string[][]>;
}

/** Ana, Ben and Carol, all writers, in sync; A and B are set. */
export async function makeTeam(platform: TestPlatform, app: string): Promise<Team> {
	const project = await TestProject.create(1);
	const contexts = [2, 3].map((seed) =>
		contextOf(join(project.folder, `clone-${seed}`), join(project.folder, `state-${seed}`), seed),
	);
	await project.set({ A: "a1", B: "b1" });
	for (const [index, { identity }] of contexts.entries()) {
		const name = ["ben", "carol"][index] ?? "";
		await addMember(project.context, { ...identity.publicKeys, name, role: "writer" });
	}
	const target = await linkProject(platform, project.context, app);
	const devices = [project.context, ...contexts].map((context) => deviceOf(context, () => team.target));
	const [ana, ben, carol] = devices as [Device, Device, Device];
	const team: Team = {
		...{ project, ana, ben, carol, target },
		async log() {
			const { entries } = await target.remote.readChanges(app, 0);
			const word = (text: string) => text.replace(/^(\w+)\n(v\d+) (\w+) (\d+)\..*$/s, "$1 $2 $3 $4");
			return entries.map(({ change }) => change.records.map(word));
		},
		[Symbol.dispose]: () => project[Symbol.dispose](),
	};
	for (const device of [ben, carol]) {
		await mkdir(device.context.root);
		await copyFile(join(project.root, "coffer.json"), join(device.context.root, "coffer.json"));
		await device.pull(ana);
		await device.sync();
	}
	return team;
}

/** Syncs all of them, and compares their vaults. */
export async function allEqual(...devices: Device[]): Promise<void> {
	for (const device of devices) await device.sync();
	const [first, ...others] = await Promise.all(devices.map((device) => device.vault()));
	for (const other of others) expect(other).toBe(first);
}
