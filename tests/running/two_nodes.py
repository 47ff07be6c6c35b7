"""A Ray cluster of two nodes on this machine: it prints its address, and a line on its input kills the second node."""

import sys

from ray.cluster_utils import Cluster

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
other = cluster.add_node(num_cpus=1)
cluster.wait_for_nodes()
print(cluster.address, flush=True)
for _ in sys.stdin:
    cluster.remove_node(other, allow_graceful=False)
    print("killed", flush=True)
cluster.shutdown()
