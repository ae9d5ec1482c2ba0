"""The raw files of CelebA, which every dataset of the format `faces` has: a zip of JPEGs and two tables of text."""

ARCHIVE = "img_align_celeba.zip"
FOLDER = "img_align_celeba"  # inside the archive
ATTRIBUTES = "list_attr_celeba.txt"
PARTITION = "list_eval_partition.txt"
SPLITS = ("train", "validation", "test")  # 0, 1 and 2 in the partition
