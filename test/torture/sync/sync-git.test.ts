import { testTorture } from "../in-short.ts";
import { torture } from "./sync-git.torture.ts";

testTorture(torture, { seed: 1 });
