"""Downloads a list of addresses with img2dataset, without resizing."""

import argparse

from img2dataset import download


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("list")
    parser.add_argument("out")
    parser.add_argument("--processes", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--shard", type=int, required=True, help="number of addresses per shard")
    parser.add_argument("--unchecked", action="store_true", help="keep every response without a check")
    args = parser.parse_args()
    download(
        url_list=args.list,
        input_format="txt",
        output_folder=args.out,
        output_format="files",
        processes_count=args.processes,
        thread_count=args.threads,
        number_sample_per_shard=args.shard,
        resize_mode="no",
        skip_reencode=True,
        disable_all_reencoding=args.unchecked,
        extract_exif=False,
        compute_hash=None,
        enable_wandb=False,
    )


if __name__ == "__main__":
    main()
