/** Loaded into a platform's process before anything else: it plants a bug. */
import { createRequire } from "node:module";
import { plantBug } from "./plants.ts";

// The objects that the program under test has: it is bundled, and requires them.
const require = createRequire(`${process.env["PLANT_ROOT"]}/`);
plantBug(process.env["PLANT"] ?? "", {
	Database: require("libsql"),
	processes: require("node:child_process"),
});
