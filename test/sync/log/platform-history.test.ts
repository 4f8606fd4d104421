/**
 * A secret's versions, read from the log of an honest platform, and from that of a platform that conspires
 * with a removed member.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Identity } from "../../../src/identity/identity.ts";
import { readSession } from "../../../src/project/secrets/edit-secrets.ts";
import { historyRulesOf, lineageOf } from "../../../src/project/secrets/local-history.ts";
import { emptyHead, type Head, type LogEntry, makeChange, nextHead } from "../../../src/protocol/change.ts";
import { type ChangesPage, changesPageSchema } from "../../../src/protocol/messages.ts";
import { syncEnvironment } from "../../../src/sync/changes/sync.ts";
import { Remote } from "../../../src/sync/client/platform-client.ts";
import { searchLog } from "../../../src/sync/log/platform-history.ts";
import { formatRecord, type SealedRecord } from "../../../src/vault/records/record.ts";
import { historyOf } from "../../../src/vault/records/secret-history.ts";
import { contextOf, TestProject } from "../../project/project.ts";
import { alice, dave, mallory, PRODUCTION, VaultMaker } from "../../vault/maker.ts";
import { linkProject, openTestPlatform } from "../linked-fixture.ts";

test("a real platform's log: each version with its revision and the time at which it came", async () => {
	await using platform = await openTestPlatform();
	using project = await TestProject.create();
	await project.set({ A: "one" });
	const target = await linkProject(platform, project.context, "shop");
	for (const [index, value] of ["two", undefined].entries()) {
		platform.core.clock.atMs -= 1_000 * (index + 1);
		if (value === undefined) await project.delete("A");
		else await project.set({ A: value });
		await syncEnvironment(project.context, target);
	}
	const { session } = await readSession(project.context);
	const lineage = lineageOf(session);
	const { revision, sightings } = await searchLog(session, target, lineage, "A");
	const history = historyOf(sightings, historyRulesOf(session, lineage));
	expect(revision).toBe(3);
	const now = 1_800_000_000_000;
	expect(history.versions.map(({ kind, sources: places, version }) => [version, kind, ...places])).toEqual([
		[3, "deleted", { in: "platform", revision: 3, atMs: now - 3_000 }],
		[2, "live", { in: "platform", revision: 2, atMs: now - 1_000 }],
		[1, "live", { in: "platform", revision: 1, atMs: now }],
	]);
});

/** Responds with a log that the test has made. */
class MadeRemote extends Remote {
	entries: readonly LogEntry[] = [];

	override async readChanges(_app: string, after: number): Promise<ChangesPage> {
		const { revision = 0, head = "" } = this.entries.at(-1) ?? {};
		return changesPageSchema.parse({ revision, head, entries: this.entries.slice(after) });
	}
}

describe("a constructed log", () => {
	const maker = new VaultMaker().add(dave, "writer", "dave");
	const vaultId = maker.document.vaultId;
	const headerNow = () => ({
		vault: maker.document.links.map(({ text }) => text),
		environment: maker.section().links.map(({ text }) => text),
	});
	const record = (): SealedRecord => maker.section().records.get("A") as SealedRecord;
	const logContext = { app: "shop", vaultId, environment: PRODUCTION };
	const set = (value: string, by = alice): SealedRecord[] => {
		maker.set("A", value, PRODUCTION, by);
		return [record()];
	};
	const first = { header: headerNow(), records: set("one") };
	const daves = set("daves", dave);
	const third = set("three");
	maker.epoch([dave]);
	const removal = { header: headerNow(), records: [record()] };

	const folder = realpathSync(mkdtempSync(join(tmpdir(), "coffer-made-log-")));
	const context = contextOf(join(folder, "project"), join(folder, "state"), 1);
	beforeAll(() => {
		mkdirSync(context.root);
		writeFileSync(join(context.root, "coffer.vault"), maker.text);
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	/** A log of changes by authors. Each is based on the one before, or on the given revision. */
	function logOf(
		...steps: readonly {
			by: Identity;
			records: readonly SealedRecord[];
			header?: ReturnType<typeof headerNow>;
			base?: number;
		}[]
	): LogEntry[] {
		const entries: LogEntry[] = [];
		const heads: Head[] = [emptyHead(logContext)];
		for (const { base, by, header = null, records } of steps) {
			const last = heads.at(-1) as Head;
			const content = { header, records: records.map(formatRecord) };
			const change = makeChange(logContext, heads[base ?? heads.length - 1] as Head, content, by);
			const next = nextHead(last, change);
			heads.push(next);
			entries.push({ ...next, change, receivedMs: 8_640_000_000_000_000 });
		}
		return entries;
	}

	async function historyOfLog(entries: readonly LogEntry[]): Promise<string[]> {
		const remote = new MadeRemote({ url: "http://127.0.0.1:1", token: undefined });
		remote.entries = entries;
		const binding = { url: remote.url, app: "shop", platform: "A".repeat(22), vault: vaultId };
		const { session } = await readSession(context);
		const lineage = lineageOf(session);
		const { sightings } = await searchLog(session, { binding, remote }, lineage, "A");
		const { rejected: refused, versions } = historyOf(sightings, historyRulesOf(session, lineage));
		return [
			...versions.map(({ version }) => `v${version}`),
			...refused.map(({ code, record: { version } }) => `v${version} ${code}`),
		];
	}

	const start = { by: alice, ...first };
	const byDave = { by: dave, records: daves };
	const byAlice = { by: alice, records: third };

	test("a record that a member wrote before the removal is valid, because the remover had seen it", async () => {
		const log = logOf(start, byDave, byAlice, { by: alice, ...removal });
		expect(await historyOfLog(log)).toEqual(["v3", "v2", "v1"]);
	});

	test.each([
		["put in before the removal, whose sender had not seen it", 1],
		["put in where the removal builds on the log's beginning", 0],
	])("%s: does not count", async (_, base) => {
		const log = logOf(start, byDave, { by: alice, ...removal, base });
		expect(await historyOfLog(log)).toEqual(["v3", "v1", "v2 RECORD_AUTHOR_REMOVED"]);
	});

	test("a log without the removal proves nothing about the removed member's records", async () => {
		expect(await historyOfLog(logOf(start, byDave, byAlice))).toEqual([
			"v3",
			"v1",
			"v2 RECORD_AUTHOR_REMOVED",
		]);
	});

	test.each([
		["put in after the removal", logOf(start, { by: alice, ...removal }, byDave)],
		["a change of a stranger", logOf(start, { by: mallory, records: third })],
		["records before any membership", logOf(byAlice)],
		["a change that builds on what comes later", logOf(start, byAlice).toReversed()],
	])("%s: nothing of the log is believed", async (_, entries) => {
		await expect(historyOfLog(entries)).rejects.toMatchObject({ code: "LOG_FORKED", exit: 7 });
	});

	test("a change that names another head", async () => {
		const [one, two] = logOf(start, byAlice) as [LogEntry, LogEntry];
		const change = makeChange(
			logContext,
			{ revision: 1, head: emptyHead(logContext).head },
			{ header: null, records: two.change.records },
			alice,
		);
		await expect(historyOfLog([one, { ...nextHead(one, change), change }])).rejects.toMatchObject({
			code: "LOG_FORKED",
			message: expect.stringContaining("saw another revision 1"),
		});
	});
});
