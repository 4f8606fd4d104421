/** Every reader of `.env` files that Coffer knows. */
import { readAsBash } from "./bash.ts";
import { readAsDocker } from "./docker.ts";
import { type Grammar, interpret } from "./grammar.ts";
import { readAsPhp } from "./php.ts";
import type { Dialect } from "./reading.ts";
import { readAsSystemd } from "./systemd.ts";
import { composeGrammar, direnvGrammar, godotenvGrammar } from "./tables/go.ts";
import { dotenvGrammar, dotenvxGrammar, nextGrammar } from "./tables/javascript.ts";
import { bunGrammar, denoGrammar, node20Grammar, nodeGrammar } from "./tables/runtimes.ts";
import { pythonGrammar, rubyGrammar } from "./tables/scripting.ts";

const by = (grammar: Grammar) => (source: string) => interpret(grammar, source);

/** In the order in which results list them. */
export const DIALECTS: readonly Dialect[] = [
	{ name: "dotenv", title: "dotenv", version: "18.0", held: "live", read: by(dotenvGrammar) },
	{ name: "dotenvx", title: "dotenvx", version: "2.38", held: "live", read: by(dotenvxGrammar) },
	{ name: "node", title: "Node", version: "24.22", held: "recorded", read: by(nodeGrammar) },
	{ name: "node20", title: "Node 20", version: "20.20", held: "live", read: by(node20Grammar) },
	{ name: "deno", title: "Deno", version: "2.9", held: "live", read: by(denoGrammar) },
	{ name: "bun", title: "Bun", version: "1.4", held: "recorded", read: by(bunGrammar) },
	{ name: "next", title: "Next", version: "16.4", held: "live", read: by(nextGrammar) },
	{ name: "python", title: "python-dotenv", version: "0.21", held: "live", read: by(pythonGrammar) },
	{ name: "ruby", title: "Ruby's dotenv", version: "2.4", held: "live", read: by(rubyGrammar) },
	{ name: "godotenv", title: "godotenv", version: "1.5", held: "recorded", read: by(godotenvGrammar) },
	{ name: "php", title: "phpdotenv", version: "5.4", held: "recorded", read: readAsPhp },
	{ name: "docker", title: "docker", version: "28.2", held: "recorded", read: readAsDocker },
	{ name: "compose", title: "compose", version: "2.9", held: "recorded", read: by(composeGrammar) },
	{ name: "systemd", title: "systemd", version: "252", held: "recorded", read: readAsSystemd },
	{ name: "bash", title: "bash", version: "5.2", held: "live", read: readAsBash },
	{ name: "direnv", title: "direnv", version: "2.32", held: "live", read: by(direnvGrammar) },
];

/** Readers with a grammar of their own, for files that are only called `.env`. */
const OTHER_GRAMMARS = new Set(["docker", "systemd", "bash"]);

/** The readers whose files are `.env` files by grammar: those that an import compares if no reader is named. */
export const ENV_READERS: readonly Dialect[] = DIALECTS.filter(({ name }) => !OTHER_GRAMMARS.has(name));
