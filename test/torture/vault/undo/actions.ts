/** The steps of a walk: commands of Coffer and git, in any order. */
import { AppError } from "../../../../src/errors.ts";
import { bindingOf, platformOf, readConfig } from "../../../../src/project/files/config.ts";
import { loadVault } from "../../../../src/project/files/vault-file.ts";
import {
	addEnvironment,
	deleteEnvironment,
	environmentNames,
} from "../../../../src/project/members/environments.ts";
import {
	addSuccessor,
	handoverStates,
	requireHandoverPermitted,
} from "../../../../src/project/members/hand-over.ts";
import { inheritMemory } from "../../../../src/project/members/inherit-memory.ts";
import { addMember, listMembers } from "../../../../src/project/members/members.ts";
import { removeMembers } from "../../../../src/project/members/remove-members.ts";
import { deleteSecrets, readSession } from "../../../../src/project/secrets/edit-secrets.ts";
import { syncEnvironment } from "../../../../src/sync/changes/sync.ts";
import { prepareRemoval } from "../../../../src/sync/link/before-removal.ts";
import { unlinkEnvironment } from "../../../../src/sync/link/unlink.ts";
import type { World } from "./world.ts";

const BRANCHES = ["main", "feat", "other"];
const NAMES = ["A", "B", "C", "N1", "N2"];

async function anyEnvironment(world: World): Promise<string> {
	return world.random.pick(environmentNames((await loadVault(world.repository.root)).document));
}

async function remove(world: World): Promise<void> {
	const environment = await anyEnvironment(world);
	const { session } = await readSession(world.context(environment));
	const others = listMembers(session).filter(({ name, self }) => !self && !name.startsWith("platform-"));
	if (others.length === 0) return;
	const { name } = world.random.pick(others);
	const target = await world.target(environment);
	if (target) await prepareRemoval(world.context(environment), target, [name]).catch(onlyAppErrors);
	await removeMembers(world.context(environment), [name]);
	world.removed.add(`${environment} ${name}`);
}

async function add(world: World): Promise<void> {
	const environment = await anyEnvironment(world);
	const name = `member${world.number()}`;
	await addMember(world.context(environment), { ...world.newIdentity().publicKeys, name, role: "writer" });
}

/** As `identity rotate` does, for every environment of the project; the previous identity stays for a handover. */
export async function rotate(world: World): Promise<void> {
	const { root } = world.repository;
	const before = world.previous ?? world.identity;
	const now = world.previous ? world.identity : world.newIdentity();
	await requireHandoverPermitted(root, (environment) => world.context(environment, before));
	const { states, vaultId } = await handoverStates(root, before, now);
	if (!world.previous && !states.every(({ previous }) => previous?.role === "writer")) return;
	world.identity = now;
	world.previous = before;
	for (const { environment, next, previous } of states) {
		const [from, to] = [world.context(environment, before), world.context(environment, now)];
		await inheritMemory(from, to, vaultId);
		if (next === "none" || next === "wait") continue;
		if (next === "add") await addSuccessor(from, now, undefined);
		await inheritMemory(from, to, vaultId);
		if (previous) await removeMembers(to, [previous.name]);
	}
}

async function unlink(world: World): Promise<void> {
	const binding = platformOf(bindingOf(await readConfig(world.repository.root), "production"));
	const target = await world.target("production");
	if (binding && target) await unlinkEnvironment(world.context(), binding, async () => target);
}

async function sync(world: World): Promise<void> {
	const target = await world.target("production");
	if (target) await syncEnvironment(world.context(), target);
}

function onlyAppErrors(error: unknown): void {
	if (!(error instanceof AppError)) throw error;
}

type Action = (world: World) => Promise<unknown> | unknown;

const git =
	(...words: string[]): Action =>
	({ repository }) =>
		repository.git(...words);

const EDITS: Readonly<Record<string, Action>> = {
	set: async (world) => world.set([world.random.pick(NAMES)], await anyEnvironment(world)),
	delete: async (world) =>
		deleteSecrets(world.context(await anyEnvironment(world)), [world.random.pick(NAMES)]),
	"members add": add,
	"members remove": remove,
	"environments create": (world) => addEnvironment(world.context(world.random.pick(["staging", "preview"]))),
	"environments delete": async (world) => {
		const environment = await anyEnvironment(world);
		if (environment !== "production") await deleteEnvironment(world.context(environment));
	},
	rotate,
};
const PLATFORM: Readonly<Record<string, Action>> = {
	link: (world) => world.link(),
	unlink,
	sync,
	"teammate's sync": (world) => world.teammate(),
};
const GIT: Readonly<Record<string, Action>> = {
	commit: ({ repository }) => {
		repository.git("add", "-A");
		repository.git("commit", "-q", "-m", "state");
	},
	"checkout file": git("checkout", "-q", "--", "coffer.vault"),
	"new branch": (world) => world.repository.git("checkout", "-q", "-b", world.random.pick(BRANCHES)),
	switch: (world) => world.repository.git("checkout", "-q", world.random.pick(BRANCHES)),
	"switch by force": (world) => world.repository.git("checkout", "-q", "-f", world.random.pick(BRANCHES)),
	merge: (world) => world.repository.git("merge", "-q", "-m", "merge", world.random.pick(BRANCHES)),
	rebase: (world) => world.repository.git("rebase", "-q", world.random.pick(BRANCHES)),
	stash: git("stash", "-q"),
	"stash pop": git("stash", "pop", "-q"),
	"stash drop": git("stash", "drop", "-q"),
	reset: git("reset", "-q", "--hard", "HEAD~1"),
	"reset soft": git("reset", "-q", "HEAD~1"),
	"cherry-pick": (world) => world.repository.git("cherry-pick", world.random.pick(BRANCHES)),
	amend: git("commit", "-q", "-a", "--amend", "--no-edit"),
};

/**
 * Does one step. A refusal is not a failure: the state is checked at the end. @returns the code of a refusal
 */
export async function step(world: World): Promise<string | undefined> {
	const { random, repository } = world;
	const roll = random.below(1);
	const kind = roll < 0.45 ? EDITS : roll < 0.6 ? PLATFORM : GIT;
	const name = random.pick(Object.keys(kind));
	world.note(name);
	if (repository.hasOpenOperation) return undefined;
	try {
		await kind[name]?.(world);
		return undefined;
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		world.note(`   ${error.code}: ${error.message}`);
		return error.code;
	}
}
