/** Readers of `.env` files that are JavaScript: `dotenv`, dotenvx, Next and Node, asked in this process. */
import { createRequire } from "node:module";
import { parseEnv } from "node:util";

const require = createRequire(import.meta.url);

/** @returns the version of an installed package */
function versionOf(name) {
	return require(`${name}/package.json`).version;
}

const plain = (values) => Object.entries(values).map(([name, value]) => [name, String(value)]);

/** `util.parseEnv` reads as `node --env-file` does. This process's Node, whichever it is. */
export const node20 = {
	version: () => process.versions.node,
	read: (texts) => texts.map((text) => plain(parseEnv(text))),
};

export const dotenv = {
	version: () => versionOf("dotenv"),
	read: (texts) => {
		const { parse } = require("dotenv");
		return texts.map((text) => plain(parse(text)));
	},
};

export const dotenvx = {
	version: () => versionOf("@dotenvx/dotenvx"),
	read: (texts) => {
		const { parse } = require("@dotenvx/dotenvx");
		return texts.map((text) => plain(parse(text, { processEnv: {} })));
	},
};

/** Next expands values by `process.env`, and writes them to it. */
export const next = {
	version: () => versionOf("@next/env"),
	read: (texts) => {
		const { processEnv } = require("@next/env");
		const before = process.env;
		try {
			return texts.map((contents) => {
				process.env = {};
				const failures = [];
				const log = { info() {}, error: (text) => failures.push(text) };
				const [, values = {}] = processEnv([{ path: ".env", contents, env: {} }], ".", log, true);
				return failures.length > 0 ? null : plain(values);
			});
		} finally {
			process.env = before;
		}
	},
};
