/** Makes every vector with the writer. */
import { authorVectors } from "./cases/authors.ts";
import { beginningVectors } from "./cases/beginnings.ts";
import { chainAndSectionVectors } from "./cases/chains-and-sections.ts";
import { conflictVectors } from "./cases/conflicts.ts";
import { fileVectors } from "./cases/file.ts";
import { keyVectors } from "./cases/keys.ts";
import { lineVectors } from "./cases/lines.ts";
import { linkFaultVectors } from "./cases/link-faults.ts";
import { memberVectors } from "./cases/members.ts";
import { memoryVectors } from "./cases/memory.ts";
import { sealedVectors } from "./cases/sealed.ts";
import { sectionVectors } from "./cases/sections.ts";
import { signedVectors } from "./cases/signed.ts";
import { soundVectors } from "./cases/sound.ts";
import { vaultChainVectors } from "./cases/vault-chain.ts";
import type { Vector } from "./vector.ts";

const SOURCES = [
	fileVectors,
	sectionVectors,
	lineVectors,
	linkFaultVectors,
	vaultChainVectors,
	beginningVectors,
	chainAndSectionVectors,
	memberVectors,
	keyVectors,
	authorVectors,
	signedVectors,
	sealedVectors,
	soundVectors,
	memoryVectors,
	conflictVectors,
];

/** Makes every vector, sorted by name. */
export function makeVectors(): Vector[] {
	const made = SOURCES.flatMap((vectors) => vectors());
	const names = new Set(made.map(({ name }) => name));
	if (names.size !== made.length) throw new Error("Two vectors have one name.");
	return made.sort((a, b) => (a.name < b.name ? -1 : 1));
}
