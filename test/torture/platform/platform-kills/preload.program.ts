/** Loaded into a platform's process first. It plants a bug. */
import { createRequire } from "node:module";
import { plantBug } from "./plants.ts";

// The module objects of the tested program, which is bundled and gets them by `require`.
const require = createRequire(`${process.env["PLANT_ROOT"]}/`);
plantBug(process.env["PLANT"] ?? "", {
	Database: require("libsql"),
	processes: require("node:child_process"),
});
