/**
 * Makes the vector `team.vault` and the expected result `team.json`: the seeds of its members (one byte, 32 times) and
 * the values of every environment. Run it only when the format changes:
 *
 *     npx esbuild test/vectors/make-team.ts --bundle --platform=node --format=esm --packages=external --outfile=make.mjs
 *     node make.mjs test/vectors/team.vault test/vectors/team.json
 */
import { writeFileSync } from "node:fs";
import { alice, openEverything, teamVault } from "../vault/maker.ts";

const [vaultPath = "team.vault", valuesPath = "team.json"] = process.argv.slice(2);
const { text, document } = teamVault();
const secrets = [...openEverything(document, alice)].map(([path, value]) => [...path.split("/"), value]);
const members = { alice: 1, bob: 2, carol: 3, dave: 4 };
writeFileSync(vaultPath, text);
writeFileSync(valuesPath, `${JSON.stringify({ vaultId: document.vaultId, members, secrets }, null, 2)}\n`);
