/**
 * The commands that hints name. Each runs like the command line's, and returns the hint of its error.
 */
import { waysHint } from "../../../../src/cli/undo/report.ts";
import { AppError } from "../../../../src/errors.ts";
import { deleteEnvironment } from "../../../../src/project/members/environments.ts";
import { readVaultInConflict } from "../../../../src/project/read-conflict.ts";
import { resolveVault } from "../../../../src/project/resolve.ts";
import { readSession } from "../../../../src/project/secrets/edit-secrets.ts";
import {
	historyRulesOf,
	lineageOf,
	searchFile,
	searchGit,
} from "../../../../src/project/secrets/local-history.ts";
import { restore } from "../../../../src/project/secrets/restore-version.ts";
import { accept, diagnose } from "../../../../src/project/undo/accept.ts";
import { planAcceptance } from "../../../../src/project/undo/acceptance.ts";
import { verifyVault } from "../../../../src/project/verify-vault.ts";
import { adoptMembership } from "../../../../src/sync/changes/adopt-chains.ts";
import { syncEnvironment } from "../../../../src/sync/changes/sync.ts";
import { searchLog } from "../../../../src/sync/log/platform-history.ts";
import { newestLive } from "../../../../src/vault/records/choose-version.ts";
import { historyOf } from "../../../../src/vault/records/secret-history.ts";
import { rotate } from "./actions.ts";
import { PLANTS } from "./plants.ts";
import type { World } from "./world.ts";

/** The hint of a command's error; undefined if it succeeded. */
export type Hint = string | undefined;

function holderOf(world: World) {
	const { identity, member, stateFolder } = world.context();
	const previous = world.previous && world.context(undefined, world.previous);
	return { identity, member, stateFolder, previous };
}

/** `coffer vault verify` */
export async function verify(world: World): Promise<Hint> {
	const { root } = world.repository;
	const sources = await world.searchContext();
	const report = await verifyVault({
		root,
		environment: undefined,
		holder: holderOf(world),
		logs: sources.logs,
	});
	if (report.findings.length === 0) return undefined;
	for (const { code, environment, message } of report.findings)
		world.note(`   finding ${code} (${environment}): ${message}`);
	const { ways } = await diagnose({ ...holderOf(world), root }, sources);
	const broken = report.findings.find(
		({ code, name }) => name !== null && !/^RECORD_(ROLLED|DROPPED|REPLACED)/.test(code),
	);
	const bring = broken
		? `To bring it back: coffer vault restore ${broken.name} -e ${broken.environment}\n`
		: "";
	return bring + waysHint([...ways]);
}

/** `coffer vault accept` */
async function acceptCommand(world: World, words: readonly string[]): Promise<Hint> {
	const { root } = world.repository;
	const context = { ...holderOf(world), root };
	const sources = await world.searchContext();
	const { document, surveys, searched, ways } = await diagnose(context, sources);
	const all = words.includes("--all") || world.plant === PLANTS.all;
	const plan = planAcceptance(document, surveys, searched, all);
	if (plan.forgotten.length === 0) return plan.kept.length === 0 ? undefined : waysHint([...ways]);
	const isStrong = plan.forgotten.some(({ kind }) => kind !== "undone");
	if (isStrong && !words.includes("--all") && world.plant === undefined)
		throw new Error("Something that is kept elsewhere is forgotten without --all.");
	if (isStrong && words.includes("--all") && !words.includes(plan.code))
		return `If it is right: coffer vault accept --all --confirm ${plan.code}`;
	if (world.plant !== PLANTS.silent)
		for (const { name, environment } of plan.letIn)
			world.namedMembers.add(name === undefined ? environment : name);
	if (world.plant === PLANTS.nowhere) return waysHint([...ways]);
	for (const { environment, lacking, kind } of plan.forgotten)
		if (!words.includes("--all") && kind !== "undone")
			world.note(`   forgot what is ${kind}: ${lacking.kind} (${environment})`);
	if (!words.includes("--all") && isStrong)
		throw new Error("What is kept elsewhere was forgotten without being asked for.");
	await accept(context, sources, plan, all);
	return undefined;
}

/** `coffer sync` */
async function syncCommand(world: World, words: readonly string[], environment: string): Promise<Hint> {
	const target = await world.target(environment);
	if (!target) throw new Error("A hint names a sync, and nothing is linked.");
	const at = words.indexOf("--take");
	const side = words[at + 1];
	const names = at < 0 ? [] : words.slice(at + 2).filter((word) => /^[A-Z]/.test(word));
	const take =
		at < 0 || (side !== "platform" && side !== "local")
			? undefined
			: (name: string) => (names.length === 0 || names.includes(name) ? side : undefined);
	const context = world.context(environment);
	try {
		await syncEnvironment(context, target, { take });
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		if (error.code === "NOT_A_MEMBER" && world.previous) {
			await syncEnvironment(world.context(environment, world.previous), target, { take });
			return undefined;
		}
		if (error.code !== "MEMBERSHIP_DIVERGED" || side !== "platform") throw error;
		tell(world, (await adoptMembership(context, target)).leftOut);
		await syncEnvironment(context, target, { take });
	}
	return undefined;
}

/** The command printed the left-out changes, with the names of the members. */
function tell(world: World, leftOut: readonly string[]): void {
	for (const line of leftOut) {
		world.note(`   left out: ${line}`);
		for (const name of line.split(/[ ,:']+/)) world.namedMembers.add(name);
	}
}

function appErrorsOnly(error: unknown): undefined {
	if (!(error instanceof AppError)) throw error;
}

/** `coffer vault restore NAME` */
async function restoreCommand(world: World, name: string, environment: string): Promise<Hint> {
	const context = world.context(environment);
	const { session } = await readSession(context);
	const lineage = lineageOf(session);
	const place = { folder: context.root, variables: world.repository.variables };
	const found = [searchFile(session, name), await searchGit(place, session, lineage, name, "everywhere")];
	const target = await world.target(environment);
	const logged = target && (await searchLog(session, target, lineage, name).catch(appErrorsOnly));
	if (logged) found.push({ sightings: logged.sightings, looked: "the platform's log", notes: [] });
	const judge = historyRulesOf(session, lineage);
	const history = historyOf(
		found.flatMap(({ sightings }) => sightings),
		judge,
	);
	const highest = Math.max(history.versions[0]?.version ?? 0, session.memory.marks.get(name)?.version ?? 0);
	const looked = found.map((each) => each.looked);
	const chosen = newestLive({
		name,
		environment,
		history,
		searched: looked,
		hasVersionMark: judge.hasVersionMark,
	});
	const before = session.verified.section.records.get(name);
	await restore(context, { name, chosen, highest, before });
	return undefined;
}

/** `coffer vault resolve` */
async function resolveCommand(world: World, words: readonly string[]): Promise<Hint> {
	const { root } = world.repository;
	const at = words.indexOf("--take");
	const side = at < 0 ? undefined : words[at + 1];
	const take = side === "ours" || side === "theirs" ? side : undefined;
	const read = await readVaultInConflict(root);
	const resolution = await resolveVault(root, {
		holder: holderOf(world),
		read,
		membership: take,
		...(take ? { take: () => take } : {}),
	});
	tell(world, resolution.leftOut);
	return undefined;
}

/** Runs a command that a hint names. @throws AppError with the next hint */
export async function run(world: World, command: string): Promise<Hint> {
	const words = command.replaceAll("'", "").split(" ");
	if (words[0] === "git") {
		const parts = /"([^"]*)"/.exec(command);
		const args = parts
			? command
					.replace(/"[^"]*"/, "\0")
					.split(" ")
					.map((word) => (word === "\0" ? (parts[1] ?? "") : word))
			: words;
		const isFine = world.repository.git(...args.slice(1));
		world.note(`   git said ${isFine ? "yes" : "no"}`);
		return undefined;
	}
	const at = words.indexOf("-e");
	const environment = at < 0 ? "production" : (words[at + 1] ?? "production");
	const [, first, second] = words;
	if (first === "sync") return syncCommand(world, words, environment);
	if (first === "identity" && second === "rotate") return rotate(world).then(() => undefined);
	if (first === "environments" && second === "delete")
		return deleteEnvironment(world.context(words[3] ?? "")).then(() => undefined);
	if (first === "link") return world.link().then(() => undefined);
	if (first === "vault" && second === "verify") return verify(world);
	if (first === "vault" && second === "accept") return acceptCommand(world, words);
	if (first === "vault" && second === "restore") return restoreCommand(world, words[3] ?? "", environment);
	if (first === "vault" && second === "resolve") return resolveCommand(world, words);
	if (first === "secrets" && second === "set")
		return world.set([words[3] ?? ""], environment).then(() => undefined);
	throw new Error(`A hint names a command that cannot be run: ${command}`);
}
