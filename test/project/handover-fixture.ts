/** A project, and another identity of the same device. */
import { expect } from "vitest";
import { addSuccessor } from "../../src/project/members/hand-over.ts";
import { inheritMemory } from "../../src/project/members/inherit-memory.ts";
import { removeMembers } from "../../src/project/members/remove-members.ts";
import type { SessionContext } from "../../src/project/session/session.ts";
import { parseVault } from "../../src/vault/document/format.ts";
import { contextOf, type TestProject } from "./project.ts";

/** The identity that replaces the project's own on the same device. */
export function successorOf(project: TestProject, seed = 5): SessionContext {
	return contextOf(project.root, project.context.stateFolder, seed);
}

export async function vaultIdOf(project: TestProject): Promise<string> {
	return parseVault(await project.read()).vaultId;
}

/** The complete handover in production, as the command does it. */
export async function handOver(project: TestProject, to = successorOf(project)): Promise<SessionContext> {
	const vaultId = await vaultIdOf(project);
	await inheritMemory(project.context, to, vaultId);
	const { name } = await addSuccessor(project.context, to.identity, undefined);
	await inheritMemory(project.context, to, vaultId);
	expect(name).toBe("alice.2");
	await removeMembers(to, ["alice"]);
	return to;
}
