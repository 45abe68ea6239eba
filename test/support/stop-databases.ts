/** Runs once after a test run. A run that is killed before is cleaned up by the next one. */
import { clusterFolder, destroyCluster } from './postgres-cluster.ts'

destroyCluster(clusterFolder(process.ppid))
