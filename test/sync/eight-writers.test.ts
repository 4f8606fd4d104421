/** Eight people sync one environment at once, each with their own device and identity, over real sockets. */
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AppError } from "../../src/errors.ts";
import { sendRequest, type Transport } from "../../src/http/request.ts";
import { addMember } from "../../src/project/members/members.ts";
import { readSession, setSecrets } from "../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../src/project/session/session.ts";
import { emptyHead, nextHead } from "../../src/protocol/change.ts";
import { syncEnvironment } from "../../src/sync/changes/sync.ts";
import type { LinkTarget } from "../../src/sync/client/link-target.ts";
import { Remote } from "../../src/sync/client/platform-client.ts";
import { formatRecord } from "../../src/vault/records/record.ts";
import { contextOf, TestProject } from "../project/project.ts";
import { linkProject, openTestPlatform, type TestPlatform } from "./linked-fixture.ts";

const WRITERS = 8;
const ROUNDS = 2;

let platform: TestPlatform;
beforeAll(async () => {
	platform = await openTestPlatform();
});
afterAll(async () => await platform[Symbol.asyncDispose]());

async function clonesOf(project: TestProject): Promise<SessionContext[]> {
	const contexts = [project.context];
	for (let number = 1; number < WRITERS; number++) {
		const root = join(project.folder, `clone-${number}`);
		await mkdir(root);
		contexts.push(contextOf(root, join(project.folder, `state-${number}`), number + 1));
	}
	for (const { identity, root } of contexts.slice(1))
		await addMember(project.context, { ...identity.publicKeys, name: root.slice(-7), role: "writer" });
	return contexts;
}

/** Syncs. In a conflict, the other members' value is taken. */
async function settle(context: SessionContext, target: LinkTarget): Promise<void> {
	try {
		await syncEnvironment(context, target);
	} catch (error) {
		if (!(error instanceof AppError) || error.code !== "SYNC_CONFLICT") throw error;
		await syncEnvironment(context, target, { take: () => "platform" });
	}
}

test("eight writers at once: no gap, each operation once, losers get 409, and all end equal", async () => {
	using project = await TestProject.create();
	await project.set({ EVERYBODYS: "0" });
	const contexts = await clonesOf(project);
	const linked = await linkProject(platform, project.context, "eight-writers");
	for (const { root } of contexts.slice(1))
		for (const name of ["coffer.vault", "coffer.json"])
			await copyFile(join(project.root, name), join(root, name));

	const statuses: number[] = [];
	const counting: Transport = async (url, request) => {
		const response = await sendRequest(url, request);
		statuses.push(response.status);
		return response;
	};
	const remote = new Remote({ url: platform.url, token: platform.core.token, transport: counting });
	const target = { ...linked, remote };
	for (let round = 1; round <= ROUNDS; round++) {
		await Promise.all(
			contexts.map(async (context, number) => {
				const values = new Map([
					[`OWN_${number}_${round}`, "1"],
					["EVERYBODYS", `${number} in round ${round}`],
				]);
				await setSecrets(context, values);
				await settle(context, target);
			}),
		);
	}
	for (const context of contexts) await syncEnvironment(context, target);

	expect(new Set(statuses)).toEqual(new Set([200, 409]));
	const { entries } = await remote.readChanges("eight-writers", 0);
	const vaultId = (await readSession(project.context)).session.place.vaultId;
	let head = emptyHead({ app: "eight-writers", vaultId, environment: "production" });
	for (const entry of entries) {
		head = nextHead(head, entry.change);
		expect({ revision: entry.revision, head: entry.head }).toEqual(head);
	}
	expect(new Set(entries.map(({ change }) => change.operation)).size).toBe(entries.length);
	const recordsOf = async (context: SessionContext) =>
		[...(await readSession(context)).session.verified.section.records.values()].map(formatRecord);
	const [first = [], ...others] = await Promise.all(contexts.map(recordsOf));
	expect(first).toHaveLength(1 + WRITERS * ROUNDS);
	for (const other of others) expect(other).toEqual(first);
	const stored = [...platform.core.core.apps.get("eight-writers").state.records.values()].map(formatRecord);
	expect(new Set(stored)).toEqual(new Set(first));
});
